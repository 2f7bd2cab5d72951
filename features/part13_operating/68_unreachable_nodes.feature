@article_68
Feature: Unreachable nodes, and Pods that cannot be scheduled
  A kubelet renews its node's Lease every 10 s. When it stops, the controllers wait 50 s before they mark the
  node as unreachable, and its Pods stay five more minutes. An autoscaler would act on what the scheduler reports
  of an unschedulable Pod; the series installs none.

  @claim_68_13
  Rule: An unreachable node becomes Unknown and is tainted, and its Pods are evicted when their toleration ends
    The scenario does not wait for the default 300 s: a second Pod tolerates 10 s and is evicted, and the settings
    of each controller manager that may lead are read.

    Scenario: Every controller manager has the same delays, and evicts
      Given the settings of every controller manager
      Then each kube-controller-manager has a node monitor grace period of 50 s
      And each kube-controller-manager has a node monitor period of 5 s
      And every controller manager is set to
        | setting                                  | value |
        | NodeLifecycleController.NodeEvictionRate | 0.1   |
      And every controller manager runs the taint eviction controller
      And every API server adds a toleration of 300 s to new Pods

    @slow @patient @changes_every_worker @changes_nodes_readiness
    Scenario: A kubelet is stopped for two minutes
      Given a running resizable Pod and, on the same worker, an impatient Pod with a toleration of 10 s
      And the containers on the Pod's worker
      When the kubelet on the Pod's worker stops
      Then within 90 s of the last heartbeat, but not within 50 s, the Pod's node is Unknown and has the unreachable taint
      And within 30 s of the taint, but not within 10 s, the impatient Pod is evicted
      But for 60 s the resizable Pod stays, its processes run and the other nodes are Ready
      When the kubelet on the Pod's worker starts
      Then within 90 s the Pod's node is Ready without restarts of other Pods

  @claim_68_15 @slow @changes_every_worker
  Rule: An unschedulable Pod reports it, and runs when a node has room

    Scenario: The only node for a Pod is cordoned and uncordoned
      Given a cordoned worker, and a Pod that only the cordoned worker could run
      Then within 30 s the Pod is "Unschedulable" and has the event "FailedScheduling"
      And for 15 s no node is added
      When the cordoned worker is uncordoned
      Then within 30 s the unscheduled Pod runs on the uncordoned worker
