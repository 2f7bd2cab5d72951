@article_64
Feature: Versions, and the order in which they may change
  All components have one version, so that every version skew rule holds trivially; the same rules are
  therefore applied to versions and plans that break them. The article restarts control planes one after
  the other behind the load balancer. Nodes no longer report the version of kube-proxy (since 1.33).

  @claim_64_1 @relies_on_every_worker
  Rule: Every component reports the cluster's version

    Scenario: The reported versions of six kinds of components
      Given the versions of all components
      Then 3 API servers, 3 controller managers, 3 schedulers, 2 kubelets, 2 kube-proxies and one client report a version
      And each component has the cluster's version

  @claim_64_2 @relies_on_every_worker
  Rule: Components are within the version skew that Kubernetes supports

    Scenario: The versions obey the skew policy, and changed versions that break it are detected
      Given the versions of all components
      Then the versions obey the skew policy
      And these changes break the skew policy
        | component          | machine      | minors | words                    |
        | kubelet            | worker-0     | +1     | newer than an API server |
        | kubelet            | worker-0     | -4     | 4 minors behind          |
        | API server         | controller-0 | -2     | 2 minors apart           |
        | API server         | controller-0 | -1     | newer than an API server |
        | scheduler          | controller-1 | -2     | 2 minors behind          |
        | controller manager | controller-2 | +1     | newer than an API server |
        | kubectl            | here         | -2     | more than one minor      |
      But these changes obey the skew policy
        | component | machine      | minors |
        | kubelet   | worker-0     | -3     |
        | scheduler | controller-1 | -1     |
        | kubectl   | here         | +1     |

  @claim_64_3 @relies_on_every_worker
  Rule: Only the two workers are nodes

    Scenario: Controllers are not nodes, and no Pod is a mirror Pod
      Given the nodes and Pods of the cluster
      Then the nodes are exactly the workers, without a control-plane label
      And no Pod is a mirror Pod

  @claim_64_4 @slow
  Rule: A client warns when it is more than one minor version away

    Scenario: A client two minor versions behind
      Given a client of version n-2 and a client of the cluster's version
      When both clients report their version and the cluster's
      Then the client of version n-2 is answered, and warns about the version skew
      But the client of the cluster's version is answered, and does not warn about the version skew

  @claim_64_5 @slow @changes_every_worker
  Rule: The API enforces no version skew: an older kubelet joins and works

    Scenario: A kubelet of the previous minor version runs and is replaced again
      Given a worker, and the containers and versions of all workers
      When the worker's kubelet is replaced by version n-1
      Then within 90 s the worker's node has version n-1, and every other node has its own
      And a new Pod runs on the worker with kubelet n-1
      When the worker's kubelet is replaced by the cluster's version
      Then within 90 s the worker's node has the cluster's version, and every other node has its own
      And no earlier container on any worker has restarted

  @claim_64_12 @relies_on_every_worker
  Rule: Control planes are restarted one at a time without an outage
    The load balancer of article 9 checks each API server every 2 s and removes it after 3 failures: 6 s, and
    half of that again.

    Scenario: The load balancer checks the readiness of each API server
      Given the health checks of the load balancer
      Then each API server is checked for readiness, and reports it to anonymous clients
      And each API server is removed after 3 failed checks, at most 2 s apart
      And each API server receives requests, and receives them again after 3 successful checks
      And clients that are idle for 30 s are not disconnected
      And every kubelet and kube-proxy uses the load balancer

    @slow @changes_every_api_server
    Scenario: API servers restart in turn under a client that does not retry
      Given a client that requests an object from the load balancer 5 times a second without a retry
      And watches through the load balancer, and a client that creates an object every second
      When the API servers restart in turn, each after the previous one is ready
      Then the client had no outage longer than 9 s
      And at least two API servers were always ready
      And within 20 s every watch has reported every object
      And no etcd member has restarted, and Leases moved only from machines whose API server restarted

  @claim_64_13 @relies_on_every_worker
  Rule: No component may be newer than the component it talks to

    Scenario: Versions, installed programs and an upgrade plan keep the order; a plan that starts with kubelets breaks it
      Given the versions of all components
      Then no component, running or installed, is newer than the API server in its kubeconfig
      And upgrades to the next minor version in these orders obey the skew policy
        | order                                                          |
        | API server, controller manager, scheduler, kubelet, kube-proxy |
      But upgrades to the next minor version in these orders break the skew policy
        | order                                                          | first broken by     |
        | kubelet, API server, controller manager, scheduler, kube-proxy | kubelet of worker-0 |
        | scheduler, API server, controller manager, kubelet, kube-proxy | scheduler           |
