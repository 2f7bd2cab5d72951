@article_68
Feature: Nodes that join and leave
  A node autoscaler adds a machine and removes it. By hand it is the same: a third worker is launched and built by
  the steps of the other two, and its kubelet registers a Node. That Node is not removed by itself: the series
  has no cloud controller manager. Deleting the Node also ends what was bound to it.

  @claim_68_16 @slow @changes_every_worker @changes_nodes_readiness @changes_add_ons
  Rule: A machine can be added and removed, and its Node has to be deleted

    Scenario: A third worker joins, is drained and stopped, and its Node is deleted
      Given a DaemonSet with a Pod on every worker
      When a third worker joins
      Then within 90 s the third worker is a Ready node with a Pod of the DaemonSet, in its own Pod CIDR
      And Pods on every worker reach DNS and a Service on another worker
      When the third worker is drained and its machine is stopped
      Then within 90 s the Node of the third worker is not Ready, and stays so for 60 s with its Pod and its Lease
      When the Node of the third worker is deleted
      Then within 120 s no Pod and no Lease of the third worker is left, and the other nodes are the same

    Scenario: A kubelet whose Node was deleted registers again only after a restart
      Given a third worker that has joined
      When the Node of the third worker is deleted
      Then for 30 s the third worker has no Node, while its kubelet runs and reports the Node as not found
      When the kubelet on the third worker restarts
      Then within 90 s the third worker is a Ready node again, with a new UID
