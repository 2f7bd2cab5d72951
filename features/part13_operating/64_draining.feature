@article_64
Feature: Taking a worker out of service and back
  The article cordons and drains a worker, as before an upgrade of its kubelet, and brings it back.
  Draining evicts by the Eviction API, which a disruption budget can refuse; deleting the Pods would
  look the same at the end. Whole workers are emptied: these scenarios run alone.

  @claim_64_6 @disruptive @slow
  Rule: A cordon keeps new Pods away and leaves the running ones alone

    Scenario: Pods for anywhere and for the cordoned worker
      Given a running resizable Pod
      When its worker is cordoned
      Then within 10 s the node is unschedulable and tainted so
      And a Pod for any worker runs on another one
      But a Pod for the cordoned worker is not scheduled, naming "unschedulable"
      And no container or process of it has restarted

  @claim_64_7 @disruptive
  Rule: A drain evicts by the Eviction API and leaves Pods of DaemonSets

    Scenario: A worker is emptied
      Given a Deployment of two Pods that take 8 s to end
      And a DaemonSet
      When the worker of one of them is drained
      Then within 180 s the drain succeeds
      And only Pods of DaemonSets are left on it, the same as before
      And the Pods that left were evicted by the Eviction API
      And within 120 s the Deployment has 2 Ready Pods, all on another worker

  @claim_64_8 @disruptive
  Rule: A drain that would lose something evicts nothing

    Scenario Outline: <Pod> is lost only with <flag>
      Given <Pod> on a worker
      When that worker is drained without "<flag>"
      Then the drain fails, naming the Pod and "<flag>"
      And no Pod of the worker is gone
      But within 10 s the node is unschedulable and tainted so

      Examples:
        | Pod                      | flag                   |
        | a Pod with scratch space | --delete-emptydir-data |

      @slow
      Examples:
        | Pod                      | flag                   |
        | a Pod of nobody          | --force                |
        | a Pod of a DaemonSet     | --ignore-daemonsets    |

  @claim_64_9 @disruptive
  Rule: A disruption budget holds a drain back until it is safe

    Scenario: A drain waits for a third Pod
      Given a Deployment of two Pods that take 8 s to end
      And a budget that wants 2 of them Ready
      When the worker of one of them is drained
      Then the eviction of its Pod is refused with 429 and the cause "DisruptionBudget"
      And for 12 s the drain goes on and 2 Pods are Ready
      When the Deployment is scaled to 3
      Then within 180 s the drain succeeds
      And there were never fewer than 2 Ready Pods

  @claim_64_10 @disruptive @slow
  Rule: Evicted Pods get their grace period

    Scenario: A Pod with a hook and a trap tells of its end
      Given a running graceful Pod
      And its log is followed
      When its worker is drained
      Then within 180 s the drain succeeds
      And its log tells of hook, signal and end, 2 s and 6 s apart at least

  @claim_64_11 @claim_64_14 @disruptive
  Rule: Uncordoning leaves no trace and changes no version

    Scenario: A worker is drained and comes back as it was
      Given the node of a worker and the versions of all components
      And a Deployment of two Pods that take 8 s to end
      When the worker is drained and uncordoned again
      Then within 20 s labels, taints, annotations and capacity of it and the other worker are as before
      And their kubelets are the same processes, and every version is as before
      And a Pod for it runs there
      But the Deployment's Pods stay where they went
