@article_67
Feature: What the components count, and who may read it
  Every component measures itself and tells in a text that Prometheus reads; Kubernetes keeps no history of it.
  Figures are each process's own, so API servers are asked one by one.

  @claim_67_1
  Rule: An API server tells of requests in flight and counts requests

    Scenario: Gauges and counters in the text format
      Given the metrics of each API server
      Then each tells of requests in flight, mutating and reading
      And each counts requests by the documented labels
      And each counts requests for Nodes by themselves

  @claim_67_2
  Rule: The counter counts, and only where the request was made

    Scenario: Seven requests to one API server
      Given a kind of the scenario's own that every API server serves
      And how often each API server was asked for an object of it
      When one API server is asked 7 times for an object of it
      Then its counter has grown by 7
      And the counters of the other API servers have not

  @claim_67_4
  Rule: Every component has an endpoint, and it is protected

    Scenario Outline: The metrics of a <component> are for whom it knows
      Given a stranger with a certificate of his own
      When the metrics of each <component> are asked for by whom it knows, by nobody and by the stranger
      Then each <component> gives metrics of its own
      And nobody is refused metrics with <nobody>
      And the stranger is refused metrics with <stranger>
      And nobody is told of its health with <health>

      Examples:
        | component          | nobody    | stranger  | health    |
        | API server         | 403       | 401       | 200       |
        | controller manager | 403       | 401       | 200       |
        | scheduler          | 403       | 401       | 200       |
        | kubelet            | 401       | 401       | 401       |
        | member of etcd     | no answer | no answer | no answer |
        | metrics-server     | 403       | 401       | 200       |

    Scenario Outline: The metrics of a <component> that are for anybody stay on its machine
      When the metrics of each <component> are asked for on its machine, without a certificate
      Then each <component> there gives metrics of its own
      And no other machine reaches that port of a <component>

      Examples:
        | component      |
        | kube-proxy     |
        | member of etcd |

    Scenario: No component has another port
      When every component's machine is asked where it listens
      Then each listens on these ports and no others
        | component          | with TLS   | without TLS  |
        | API server         | 6443       |              |
        | controller manager | 10257      |              |
        | scheduler          | 10259      |              |
        | member of etcd     | 2379, 2380 | 2381         |
        | kubelet            | 10250      | 10248        |
        | kube-proxy         |            | 10249, 10256 |
        | container runtime  |              |              |
      And those with TLS answer nobody without it

  @claim_67_5
  Rule: Monitoring has a role of its own

    Scenario: A member of system:monitoring reads what a plain account may not
      Given an account without rights
      Then a member of "system:monitoring" may read metrics, indicators and health
      And that account is refused metrics and indicators with 403

  @claim_67_6
  Rule: Health checks are counted as indicators

    Scenario Outline: Each <component> counts its health checks
      Given the health indicators of each <component>
      When each <component> is asked for its health
      Then each says that its checks are healthy
      And within 30 s each <component> has counted more successful checks

      Examples:
        | component          |
        | API server         |
        | controller manager |
        | scheduler          |
        | kubelet            |

  @claim_67_3 @serial @placed
  Rule: The kubelet's gauges of containers match the runtime

    Scenario: Containers of a quiet worker, counted by the kubelet and by the runtime
      Given a worker kept for this scenario
      And a running two-container Pod on that worker
      Then within 60 s its kubelet counts containers by state as the runtime does
      And two of the running ones at least are the Pod's

  @claim_67_7 @disruptive @slow
  Rule: Kubernetes keeps no history of its metrics

    Scenario: A counter begins anew with its process
      Given the metrics of each API server
      When the API server of one controller is restarted
      Then it counts anew from a later start, and the others go on counting
