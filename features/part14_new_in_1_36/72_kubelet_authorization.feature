@article_72 @relies_on_every_worker
Feature: Fine-grained authorization of the kubelet API
  Access to a kubelet's port was one permission, nodes/proxy; now each endpoint has its own. The article grants
  a monitoring agent nodes/metrics: on the kubelet's port that opens metrics and nothing else, and through the
  API server it opens nothing. ServiceAccounts are new in each scenario: kubelets cache authorization decisions.

  @claim_72_11
  Rule: The permission for metrics opens metrics and nothing else

    Scenario: A monitoring agent reads a kubelet's metrics, not its logs, Pods or configuration
      Given a ServiceAccount with the permission "metrics" of nodes
      And the settings of every kubelet
      When the ServiceAccount requests every endpoint of every kubelet
      Then exactly the endpoints of "metrics" answer on each kubelet
      And each refusal names the ServiceAccount and the missing permission
      And every kubelet is set to
        | setting                                    | value |
        | authentication.webhook.cacheTTL            | 2m0s  |
        | authorization.webhook.cacheAuthorizedTTL   | 5m0s  |
        | authorization.webhook.cacheUnauthorizedTTL | 30s   |
      And every endpoint of every kubelet answers admin

    @slow
    Scenario: A deleted ServiceAccount is unauthenticated once cached decisions expire
      Given a ServiceAccount with the permission "metrics" of nodes
      When the ServiceAccount is deleted after every kubelet has returned metrics to it
      Then within 180 s on each kubelet's port the ServiceAccount is refused each node's metrics with 401
      And every endpoint of every kubelet answers admin

  @claim_72_12
  Rule: The same permission does not open the API server's proxy to nodes

    Scenario: A monitoring agent gets metrics only from the kubelet's own port
      Given a ServiceAccount with the permission "metrics" of nodes
      Then on each kubelet's port the ServiceAccount reads each node's metrics
      But through each API server the ServiceAccount is refused each node's metrics with 403, naming "nodes/proxy"
      And through each API server admin reads each node's metrics

  @claim_72_13
  Rule: Each endpoint has its own permission

    Scenario Outline: The permission "<permission>" opens its own endpoints
      Given a ServiceAccount with the permission "<permission>" of nodes
      When the ServiceAccount requests every endpoint of every kubelet
      Then exactly the endpoints of "<permission>" answer on each kubelet

      Examples:
        | permission |
        | stats      |
        | log        |
        | pods       |
        | healthz    |
        | configz    |
        | checkpoint |

      @since_1_36
      Examples:
        | permission |
        | statusz    |

  @claim_72_14
  Rule: The old permission still opens the old endpoints

    Scenario: The permission for proxy opens Pods, health and configuration, not metrics, statistics or logs
      Given a ServiceAccount with the permission "proxy" of nodes
      When the ServiceAccount requests every endpoint of every kubelet
      Then exactly the endpoints of "proxy" answer on each kubelet
      And every endpoint of every kubelet answers admin

  @claim_72_15
  Rule: The permission to get nodes/proxy is enough to run commands

    Scenario: A GET runs a command in a Pod for a ServiceAccount whose POST is refused
      Given a running resizable Pod on each worker
      And a ServiceAccount with the permission "proxy" of nodes
      And a second ServiceAccount with the permission "metrics" of nodes
      Then a GET to the kubelet runs a command in the Pod on each worker and returns the output
      But each kubelet refuses commands of the first ServiceAccount by POST with 403
      And each kubelet refuses commands of the second ServiceAccount by GET and POST with 403

  @claim_72_16
  Rule: Commands and logs through the API server need other permissions

    Scenario: A monitoring agent may neither run commands in Pods nor read their logs
      Given a running resizable Pod
      And a ServiceAccount with the permission "metrics" of nodes
      Then each API server refuses commands in the Pod to the ServiceAccount with 403
      And each API server refuses the Pod's log to the ServiceAccount with 403
      And the ServiceAccount's own access review agrees with every response
      And each API server returns the Pod's log to admin

  @claim_72_17
  Rule: Without an identity there is no access

    Scenario: Anonymous clients are refused everywhere, and there is no other port
      Given anonymous clients, and clients of the etcd CA and of the front-proxy CA
      Then every endpoint of every kubelet refuses anonymous clients and clients of other CAs with 401
      And every worker has the read-only port of its kubelet closed
      And no API server lets anonymous clients use a kubelet through its proxy
      And every endpoint of every kubelet answers admin

  @claim_72_18
  Rule: The kubelets report that the feature gate is on

    Scenario Outline: Each kubelet reports fine-grained authorization as on, and log queries as <queries>
      Given the metrics of every kubelet
      Then every kubelet has the feature gate "KubeletFineGrainedAuthz" on
      And every kubelet has the feature gate "NodeLogQuery" <queries>

      @until_1_35
      Examples:
        | queries |
        | off     |

      @since_1_36
      Examples:
        | queries |
        | on      |

  @claim_72_19
  Rule: A real client needs the permission for metrics only

    Scenario: metrics-server works with the permission for metrics
      Given metrics-server serves node metrics
      Then the role of metrics-server grants "nodes/metrics" and not "nodes/proxy"
      And the top command lists every worker

    Scenario: What the ServiceAccount of metrics-server may request from a kubelet
      Given the ServiceAccount of metrics-server as a client of every kubelet
      When the ServiceAccount requests every endpoint of every kubelet
      Then exactly the endpoints of "metrics" answer on each kubelet
      But no node and no other component than an API server has a permission on kubelets
