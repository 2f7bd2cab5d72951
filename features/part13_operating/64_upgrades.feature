@article_64
Feature: Versions, and the order in which they may change
  All components are of one version, so every rule on their distance holds by itself; the same rules
  are therefore applied to sets and plans that break them. The article restarts control planes one
  after the other behind the load balancer. Nodes no longer tell of kube-proxy's version (since 1.33).

  @claim_64_1
  Rule: Every component reports the cluster's version

    Scenario: Six kinds of components, each asked itself
      Given the versions of all components
      Then they are of 3 API servers, 3 controller managers, 3 schedulers, 2 kubelets, 2 kube-proxies and one client
      And each is the cluster's version

  @claim_64_2
  Rule: Components are as far apart as Kubernetes lets them be

    Scenario: The measured set obeys the rules, and sets that break them are told apart
      Given the versions of all components
      Then they obey the rules of version skew
      And with these changes they break them
        | component          | machine      | minors | words                     |
        | kubelet            | worker-0     | +1     | newer than an API server  |
        | kubelet            | worker-0     | -4     | 4 minors behind           |
        | API server         | controller-0 | -2     | 2 minors apart            |
        | API server         | controller-0 | -1     | newer than an API server  |
        | scheduler          | controller-1 | -2     | 2 minors behind           |
        | controller manager | controller-2 | +1     | newer than an API server  |
        | kubectl            | here         | -2     | more than one minor       |
      But with these they obey them
        | component          | machine      | minors |
        | kubelet            | worker-0     | -3     |
        | scheduler          | controller-1 | -1     |
        | kubectl            | here         | +1     |

  @claim_64_3
  Rule: Only the two workers are nodes

    Scenario: Controllers are no nodes and no Pod mirrors a file
      Given the nodes and Pods of the cluster
      Then the nodes are exactly the workers, without a label of a control plane
      And no Pod mirrors a file of its node

  @claim_64_4 @slow
  Rule: A client says when it is more than one minor away

    Scenario: A client two minors behind
      Given a client two minors behind the cluster, and the cluster's own
      When both tell their version and the cluster's
      Then the older one is answered, and warns of the distance
      But the cluster's own does not warn

  @claim_64_5 @disruptive @slow
  Rule: The API enforces no distance: an older kubelet joins and works

    Scenario: A kubelet of the minor before comes and goes
      Given a worker, and the containers and versions of both
      When its kubelet is exchanged for that of the minor before
      Then within 90 s its node is one minor behind, and the other as before
      And a new Pod runs there
      When its own kubelet is put back
      Then within 90 s both nodes are of the cluster's version
      And no container of before has restarted on either

  @claim_64_12
  Rule: Control planes are taken one at a time without an outage
    The balancer of article 9 checks each API server every 2 s and leaves it after 3 failures: 6 s, and half as
    much again.

    Scenario: The load balancer looks whether each API server is ready
      Given the checks of the load balancer
      Then each API server is asked whether it is ready, and says so to anybody
      And each is left when 3 checks have failed, which are 2 s apart at most
      And each has clients, also again when 3 checks have succeeded
      And clients that are silent for 30 s are not cut off
      And every kubelet and kube-proxy is sent to the load balancer

    @disruptive @slow
    Scenario: API servers are restarted in turn under a client that does not retry
      Given a client that asks the load balancer for an object 5 times a second and never again
      And each API server is asked whether it is ready
      And watches through the load balancer, and an object made every second
      When the API servers are restarted in turn, each once the one before is ready
      Then the client was never without an answer for longer than 9 s
      And two API servers were ready at any time
      And within 20 s every watch has told of every object
      And no member of etcd was restarted, and Leases left only machines whose API server was

  @claim_64_13
  Rule: Nothing may be newer than what it talks to

    Scenario: What runs, what would start, and a plan keep the order; one that begins with kubelets breaks it
      Given the versions of all components
      Then none is newer than an API server that its kubeconfig names, nor is the program of its unit
      And an upgrade to the next minor in this order keeps the rules at every step
        | API server, controller manager, scheduler, kubelet, kube-proxy |
      But these orders break them
        | order                                                          | first broken by     |
        | kubelet, API server, controller manager, scheduler, kube-proxy | kubelet of worker-0 |
        | scheduler, API server, controller manager, kubelet, kube-proxy | scheduler           |
