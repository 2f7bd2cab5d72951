@article_68
Feature: Nodes that fall silent, and Pods that fit nowhere
  A kubelet renews its node's Lease each 10 s. When it stops, the controllers wait 50 s before they believe
  it, and Pods are given five minutes more. An autoscaler would read what the scheduler says of a Pod that
  fits nowhere; the series installs none.

  @claim_68_13 @disruptive @slow @patient
  Rule: A silent node becomes Unknown and is tainted, and its Pods stay for five minutes
    Waited for are 60 s of the 300 s: that eviction follows is not judged here.

    Scenario: A kubelet is stopped for two minutes
      Given a running resizable Pod
      And the containers of its worker
      When the kubelet of its worker is stopped
      Then between 40 s and 90 s its node becomes Unknown, tainted as unreachable
      And for 60 s its Pod is not deleted, its processes run and the other nodes are ready
      When the kubelet of its worker is started
      Then within 90 s its node is ready and has no taint
      And no container of its worker has restarted

  @claim_68_15 @disruptive @slow
  Rule: A Pod that fits nowhere says so, and runs when there is room

    Scenario: The only node for a Pod is cordoned, and is not
      Given a cordoned worker, and a Pod that only it could run
      Then within 30 s the Pod is "Unschedulable" and an event says "FailedScheduling"
      And for 15 s nobody adds a node
      When that worker is uncordoned
      Then within 30 s the same Pod runs there
