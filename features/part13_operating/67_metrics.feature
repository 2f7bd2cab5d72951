@article_67
Feature: Component metrics, and who may read them
  Every component exports metrics in the text format of Prometheus; Kubernetes keeps no history of them.
  Values are per process, so API servers are read one by one.

  @claim_67_1 @ignores_workers
  Rule: An API server exports in-flight requests and counts requests

    Scenario: Gauges and counters in the text format
      Given the metrics of each API server
      Then each API server exports its in-flight requests, mutating and read-only
      And each API server counts requests with the documented labels
      And each API server counts requests for Nodes separately

  @claim_67_2 @ignores_workers
  Rule: A request is counted only by the API server that received it

    Scenario: Seven requests to one API server
      Given a CustomResourceDefinition that every API server serves
      And the number of requests for the custom resource on each API server
      When the custom resource is requested 7 times from one API server
      Then the request counter of that API server has grown by 7
      And the request counter of every other API server has grown by 0

  @claim_67_4 @relies_on_every_worker
  Rule: Every component has a metrics endpoint, and it is protected

    Scenario Outline: The metrics of each <component> are for authorized clients only
      Given a client of an unknown CA
      When the metrics of each <component> are requested by an authorized client, an anonymous client and the client of the unknown CA
      Then each <component> returns its own metrics
      And the anonymous client gets <anonymous> for metrics
      And the client of the unknown CA gets <unknown CA> for metrics
      And the anonymous client gets <health> for health

      Examples:
        | component          | anonymous | unknown CA | health    |
        | API server         | 403       | 401        | 200       |
        | controller manager | 403       | 401        | 200       |
        | scheduler          | 403       | 401        | 200       |
        | kubelet            | 401       | 401        | 401       |
        | member of etcd     | no answer | no answer  | no answer |
        | metrics-server     | 403       | 401        | 200       |

    Scenario Outline: The unprotected metrics of each <component> are reachable only from its machine
      When the metrics of each <component> are requested on its machine, without a certificate
      Then each <component> returns its own metrics
      And no other machine reaches the metrics port of a <component>

      Examples:
        | component      |
        | kube-proxy     |
        | member of etcd |

    Scenario: No component has another port
      When the listening ports of every component are read on its machine
      Then each component listens on these ports and no others
        | component          | with TLS   | without TLS  |
        | API server         | 6443       |              |
        | controller manager | 10257      |              |
        | scheduler          | 10259      |              |
        | member of etcd     | 2379, 2380 | 2381         |
        | kubelet            | 10250      | 10248        |
        | kube-proxy         |            | 10249, 10256 |
        | container runtime  |            |              |
      And the ports with TLS answer no request without TLS

  @claim_67_5 @relies_on_every_worker
  Rule: Monitoring has a group of its own

    Scenario: A member of system:monitoring reads what a plain ServiceAccount may not
      Given a ServiceAccount without permissions
      Then a member of "system:monitoring" may read metrics, SLI metrics and health
      But each API server refuses metrics and SLI metrics to the ServiceAccount with 403

  @claim_67_6 @relies_on_every_worker
  Rule: Health checks are exported as SLI metrics

    Scenario Outline: Each <component> counts its health checks
      Given the SLI metrics of each <component>
      When the health of each <component> is requested
      Then every health check of each component is healthy
      And within 30 s each <component> has counted more successful checks

      Examples:
        | component          |
        | API server         |
        | controller manager |
        | scheduler          |
        | kubelet            |

  @claim_67_3 @changes_a_worker
  Rule: The kubelet's container gauges match the runtime

    Scenario: Containers on a quiet worker, counted by the kubelet and by the runtime
      Given a worker reserved for this scenario
      And a running two-container Pod on the reserved worker
      Then within 60 s the kubelet counts containers by state as the runtime does
      And at least two of the running containers are the Pod's

  @claim_67_7 @slow @changes_an_api_server
  Rule: Kubernetes keeps no history of its metrics

    Scenario: A counter is reset when its process restarts
      Given the metrics of each API server
      When the API server of one controller restarts
      Then the counters of the restarted API server restart from 0
      And the counters of every other API server continue
