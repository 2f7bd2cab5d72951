@article_68
Feature: Nodes that come and go
  A node autoscaler adds a machine and takes it away. By hand it is the same: a third worker is launched and
  built by the steps of the other two, and its kubelet registers a Node. Nobody removes that Node again: there is
  no cloud controller in the series. Who deletes it also ends what was bound to it.

  @claim_68_16 @disruptive @slow
  Rule: A machine can be added and removed, and its Node does not go by itself

    Scenario: A third worker joins, is drained and stopped, and its Node goes when it is deleted
      Given a DaemonSet with a Pod on every worker
      When a third worker joins
      Then within 90 s it is a Ready node and runs a Pod of the DaemonSet, in the pod range of its own
      And Pods on every worker reach DNS and a Service of another worker
      When it is drained and its machine stopped
      Then within 90 s its Node is not Ready, and for 60 s it stays so with its Pod and its Lease
      When its Node is deleted
      Then within 120 s no Pod and no Lease of it is left, and the other nodes are as before

    Scenario: A kubelet whose Node was deleted does not register it again until it is restarted
      Given a third worker that has joined
      When its Node is deleted
      Then for 30 s it has no Node, though its kubelet runs and says that it is not found
      When the kubelet of that worker is restarted
      Then within 90 s it is a Ready node again, a new one
