@article_68
Feature: Nodes that fall silent, and Pods that fit nowhere
  A kubelet renews its node's Lease each 10 s. When it stops, the controllers wait 50 s before they believe
  it, and Pods are given five minutes more. An autoscaler would read what the scheduler says of a Pod that
  fits nowhere; the series installs none.

  @claim_68_13
  Rule: A silent node becomes Unknown and is tainted, and its Pods are evicted when they tolerate it no longer
    The 300 s of an ordinary Pod are not waited for: beside it a Pod that tolerates 10 s is evicted, and each
    controller manager that may lead is asked for its settings.

    Scenario: Every controller manager would wait as long, and evict
      Given the settings of every controller manager
      Then each gives a node up when it was silent for 50 s
      And each looks and evicts as often as documented
        | setting                                     | value |
        | KubeCloudShared.NodeMonitorPeriod           | 5s    |
        | NodeLifecycleController.NodeEvictionRate    | 0.1   |
      And each evicts Pods that do not tolerate it
      And every API server lets a new Pod tolerate silence for 300 s

    @disruptive @slow @patient
    Scenario: A kubelet is stopped for two minutes
      Given a running resizable Pod beside an impatient one, which tolerates silence for 10 s
      And the containers of its worker
      When the kubelet of its worker is stopped
      Then between 50 s and 90 s since its last heartbeat its node becomes Unknown, tainted as unreachable
      And between 10 s and 30 s since then the impatient Pod is evicted
      But for 60 s its Pod is not deleted, its processes run and the other nodes are ready
      When the kubelet of its worker is started
      Then within 90 s its node is ready, has no taint, and has restarted no container but the impatient Pod's

  @claim_68_15 @disruptive @slow
  Rule: A Pod that fits nowhere says so, and runs when there is room

    Scenario: The only node for a Pod is cordoned, and is not
      Given a cordoned worker, and a Pod that only it could run
      Then within 30 s the Pod is "Unschedulable" and an event says "FailedScheduling"
      And for 15 s nobody adds a node
      When that worker is uncordoned
      Then within 30 s the same Pod runs there
