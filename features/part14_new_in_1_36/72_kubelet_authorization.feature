@article_72
Feature: Who may ask a kubelet for what
  Access to a kubelet's port was one right, nodes/proxy; now each endpoint asks for its own.
  The article grants a monitor nodes/metrics: on the kubelet's port that opens metrics and nothing else,
  and through the API server it opens nothing. Accounts are fresh: kubelets remember their verdicts.

  @claim_72_11
  Rule: The right to metrics opens metrics and nothing else

    Scenario: A monitor reads a kubelet's metrics, not its logs, Pods or configuration
      Given an account with the right to "metrics" of nodes
      And the settings of every kubelet
      When it asks every kubelet for every endpoint
      Then of each kubelet exactly the endpoints of "metrics" answer
      And each refusal names the account and the right that it lacks
      And every kubelet is set to
        | setting                                    | value |
        | authentication.webhook.cacheTTL            | 2m0s  |
        | authorization.webhook.cacheAuthorizedTTL   | 5m0s  |
        | authorization.webhook.cacheUnauthorizedTTL | 30s   |
      And every endpoint of each answers admin

    @slow
    Scenario: A deleted account is a stranger once verdicts of before are forgotten
      Given an account with the right to "metrics" of nodes
      When the account is deleted after every kubelet's port answered it with metrics
      Then within 180 s every kubelet's port answers it with 401
      And every endpoint of each answers admin

  @claim_72_12
  Rule: The same right does not open the API server's proxy to nodes

    Scenario: A monitor's way to metrics is the kubelet's own port
      Given an account with the right to "metrics" of nodes
      Then every kubelet's port answers it with metrics
      And each API server refuses it each node's metrics, naming "nodes/proxy"
      And each API server answers admin with the same nodes' metrics

  @claim_72_13
  Rule: Each endpoint has its own key

    Scenario Outline: The right to "<right>" opens its own endpoints
      Given an account with the right to "<right>" of nodes
      When it asks every kubelet for every endpoint
      Then of each kubelet exactly the endpoints of "<right>" answer

      Examples:
        | right      |
        | stats      |
        | log        |
        | pods       |
        | healthz    |
        | configz    |
        | statusz    |
        | checkpoint |

  @claim_72_14
  Rule: The old right still opens the old doors

    Scenario: The right to proxy opens Pods, health and configuration, not metrics, statistics or logs
      Given an account with the right to "proxy" of nodes
      When it asks every kubelet for every endpoint
      Then of each kubelet exactly the endpoints of "proxy" answer
      And every endpoint of each answers admin

  @claim_72_15 @placed
  Rule: The right to get nodes/proxy is enough to run commands

    Scenario: A GET runs a command in a Pod, for whom a POST is refused
      Given a running Pod on each worker
      And an account with the right to "proxy" of nodes
      And an account with the right to "metrics" of nodes beside it
      Then a GET to its kubelet runs a command in each Pod and brings its output
      But a POST that runs a command is refused with 403 by each kubelet
      And both are refused with 403 to the account beside it

  @claim_72_16
  Rule: Commands and logs by the ordinary path are other rights

    Scenario: A monitor may neither run commands in Pods nor read their logs
      Given a running resizable Pod
      And an account with the right to "metrics" of nodes
      Then each API server refuses it commands in the Pod and the Pod's log
      And the account's own review of its rights agrees with every answer
      And each API server answers admin with the Pod's log

  @claim_72_17
  Rule: Without an identity there is no access

    Scenario: Nobody is refused everywhere and there is no other port
      Given nobody's credentials and those of each other authority
      Then every endpoint of each kubelet refuses them with 401
      And each kubelet's read-only port is closed
      And every endpoint of each answers admin

  @claim_72_18
  Rule: The kubelets say that the gate is on

    Scenario: Each kubelet tells of fine-grained authorization in its metrics
      Given the metrics of every kubelet
      Then each says that the gate "KubeletFineGrainedAuthz" is on
      And each says that the gate "NodeLogQuery" is on

  @claim_72_19
  Rule: A real client lives with the right to metrics alone

    Scenario: metrics-server, and what else its account may ask of a kubelet
      Given metrics are served
      And the account of metrics-server at every kubelet
      When it asks every kubelet for every endpoint
      Then of each kubelet exactly the endpoints of "metrics" answer
      And the role of metrics-server holds "nodes/metrics" and not "nodes/proxy"
      And the command line shows what every worker uses
