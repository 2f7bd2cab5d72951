@article_64
Feature: Taking a worker out of service and back
  The article cordons and drains a worker, as for an upgrade of its kubelet, and brings it back.
  A drain evicts Pods through the Eviction API, which a PodDisruptionBudget can refuse; deleting the Pods
  would look the same in the end. Whole workers are drained: these scenarios run alone.

  @claim_64_6 @slow @changes_every_worker
  Rule: A cordon keeps new Pods away and leaves running Pods alone

    Scenario: Pods for any worker and for the cordoned worker
      Given a running resizable Pod
      When the Pod's worker is cordoned
      Then within 10 s the worker's node is unschedulable and has the unschedulable taint
      And a Pod for any worker runs on another worker
      But within 30 s a Pod for the cordoned worker is not scheduled, naming "unschedulable"
      And no container or process of the Pod has restarted

  @claim_64_7 @changes_every_worker @changes_add_ons
  Rule: A drain evicts through the Eviction API and leaves Pods of DaemonSets

    Scenario: A worker is drained
      Given a Deployment of two Pods that take 8 s to terminate
      And a DaemonSet with a Pod on every worker
      When the worker of a Deployment's Pod is drained
      Then within 180 s the drain succeeds
      And only Pods of DaemonSets are left on the drained worker, the same as earlier
      And the Pods of the drained worker were evicted through the Eviction API
      And within 120 s the Deployment has 2 Ready Pods, all on another worker

  @claim_64_8 @changes_every_worker
  Rule: A drain that would lose data or Pods evicts no Pod

    Scenario Outline: <Pod> is lost only with <flag>
      Given <Pod> on a worker
      When the Pod's worker is drained without "<flag>"
      Then the drain fails, naming the Pod and "<flag>"
      And no Pod on the worker is deleted
      But within 10 s the worker's node is unschedulable and has the unschedulable taint

      Examples:
        | Pod                      | flag                   |
        | a Pod with scratch space | --delete-emptydir-data |

      @slow
      Examples:
        | Pod                  | flag                |
        | an unmanaged Pod     | --force             |
        | a Pod of a DaemonSet | --ignore-daemonsets |

  @claim_64_9 @changes_every_worker @changes_add_ons
  Rule: A PodDisruptionBudget blocks a drain while it is not safe

    Scenario: A drain waits for a third Pod
      Given a Deployment of two Pods that take 8 s to terminate
      And a PodDisruptionBudget that requires 2 Ready Pods of the Deployment
      When the worker of a Deployment's Pod is drained
      Then the eviction of the Deployment's Pod is refused with 429 and the cause "DisruptionBudget"
      And for 12 s the drain continues and 2 Pods are Ready
      When the Deployment is scaled to 3
      Then within 180 s the drain succeeds
      And the Deployment always had at least 2 Ready Pods

  @claim_64_10 @slow @changes_every_worker @changes_add_ons
  Rule: Evicted Pods get their grace period

    Scenario: A Pod with a preStop hook and a SIGTERM handler logs its termination
      Given a running graceful Pod
      And a client that follows the Pod's log
      When the Pod's worker is drained
      Then within 180 s the drain succeeds
      And the followed log reports hook and signal at least 2 s apart, and signal and end at least 6 s apart

  @claim_64_11 @claim_64_14 @changes_every_worker @changes_add_ons
  Rule: Uncordoning restores the node and changes no version

    Scenario: A worker is drained and uncordoned
      Given the node of a worker, and the versions of all components
      And a Deployment of two Pods that take 8 s to terminate
      When the worker is drained and uncordoned
      Then within 20 s every node has the same labels, taints, annotations and capacity as earlier
      And every kubelet is the same process, and every component has the same version
      And a Pod for the uncordoned worker runs on the uncordoned worker
      But the Pods of the Deployment stay on the other worker
