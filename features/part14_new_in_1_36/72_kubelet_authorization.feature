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
      Then within 180 s every kubelet answers the ServiceAccount with 401
      And every endpoint of every kubelet answers admin

  @claim_72_12
  Rule: The same permission does not open the API server's proxy to nodes

    Scenario: A monitoring agent gets metrics only from the kubelet's own port
      Given a ServiceAccount with the permission "metrics" of nodes
      Then every kubelet returns metrics to the ServiceAccount
      And each API server refuses the ServiceAccount each node's metrics, naming "nodes/proxy"
      And each API server returns each node's metrics to admin

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
        | statusz    |
        | checkpoint |

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
      Then a GET to its kubelet runs a command in each Pod and returns the output
      But each kubelet refuses commands of the first ServiceAccount by POST with 403
      And each kubelet refuses commands of the second ServiceAccount by GET and POST with 403

  @claim_72_16
  Rule: Commands and logs through the API server need other permissions

    Scenario: A monitoring agent may neither run commands in Pods nor read their logs
      Given a running resizable Pod
      And a ServiceAccount with the permission "metrics" of nodes
      Then each API server refuses the ServiceAccount commands in the Pod and the Pod's log
      And the ServiceAccount's own access review agrees with every response
      And each API server returns the Pod's log to admin

  @claim_72_17
  Rule: Without an identity there is no access

    Scenario: Anonymous clients are refused everywhere, and there is no other port
      Given anonymous clients, and clients with a certificate of each other CA
      Then every endpoint of every kubelet refuses these clients with 401
      And every worker has the read-only port of its kubelet closed
      And every endpoint of every kubelet answers admin

  @claim_72_18
  Rule: The kubelets report that the feature gate is on

    Scenario: Each kubelet reports fine-grained authorization in its metrics
      Given the metrics of every kubelet
      Then every kubelet has the feature gate "KubeletFineGrainedAuthz" on
      And every kubelet has the feature gate "NodeLogQuery" on

  @claim_72_19
  Rule: A real client needs the permission for metrics only

    Scenario: metrics-server, and what else its ServiceAccount may request from a kubelet
      Given metrics-server serves node metrics
      And the ServiceAccount of metrics-server on every kubelet
      When the ServiceAccount requests every endpoint of every kubelet
      Then exactly the endpoints of "metrics" answer on each kubelet
      And the role of metrics-server grants "nodes/metrics" and not "nodes/proxy"
      And the top command lists every worker
      But no node and no other component than an API server has a permission on kubelets
