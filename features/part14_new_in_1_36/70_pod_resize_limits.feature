@article_70
Feature: What in-place Pod resize refuses or puts off
  A resize may not change the QoS class, take figures away or touch anything else; rights and quota hold.
  What does not fit the node is refused, what does not fit now waits and goes through when there is room.
  Every refusal is followed by a resize of the same Pod that is accepted.

  @claim_70_6
  Rule: A resize may not change the QoS class

    Scenario Outline: A <class> Pod stays <class>
      Given a running <kind> Pod
      When a resize asks for <change>
      Then the API refuses it with 422, naming "Pod QOS Class may not change"
      And for 5 s the Pod, its containers and its cgroups stay as they were
      When a resize asks for <allowed>
      Then the API accepts it

      Examples:
        | class      | kind       | change                       | allowed               |
        | Burstable  | resizable  | requests equal to its limits | the article's figures |
        | Guaranteed | Guaranteed | limits above its requests    | more of both in step  |
        | BestEffort | BestEffort | requests for the first time  | nothing new           |

    Scenario: A Guaranteed Pod grows with requests and limits in step
      Given a running Guaranteed Pod
      When it is resized to request 150m CPU and 96Mi memory, limited to 150m CPU and 96Mi memory
      Then within 60 s its cgroups allow 150m CPU and 96Mi memory
      And no container or process of it has restarted

  @claim_70_7
  Rule: Nothing can be taken away and nothing but CPU and memory changes

    Scenario Outline: A resize cannot ask for <change>
      Given a running resizable Pod
      When a resize asks for <change>
      Then the API refuses it with 422, naming "<words>"
      And for 5 s the Pod, its containers and its cgroups stay as they were
      When it is given the article's figures
      Then within 60 s its cgroups allow 500m CPU and 256Mi memory

      Examples:
        | change                          | words                                     |
        | the removal of its memory limit | resource limits cannot be removed         |
        | the removal of its CPU limit    | resource limits cannot be removed         |
        | ephemeral storage               | only cpu and memory resources are mutable |
        | one container more              | containers may not be added               |

  @claim_70_8
  Rule: The ordinary update of a Pod cannot resize it

    Scenario: The same patch without the subresource is refused
      Given a running resizable Pod
      When an ordinary update asks for the article's figures
      Then the API refuses it with 422, naming "pod updates may not change fields other than"
      And for 5 s the Pod, its containers and its cgroups stay as they were
      When it is given the article's figures
      Then within 60 s its cgroups allow 500m CPU and 256Mi memory

  @claim_70_9
  Rule: The subresource changes figures only

    Scenario: Another image and label in a resize are dropped without a word
      Given a running resizable Pod
      When a resize asks for the article's figures, another image and another label
      Then the API accepts it
      And its stored image and labels are as before
      And within 60 s its cgroups allow 500m CPU and 256Mi memory
      And no container or process of it has restarted

    Scenario: Another resize policy in a resize is refused
      Given a running resizable Pod
      When a resize asks for another resize policy
      Then the API refuses it with 422, naming "only cpu and memory resources are mutable"
      And for 5 s the Pod, its containers and its cgroups stay as they were
      When it is given the article's figures
      Then within 60 s its cgroups allow 500m CPU and 256Mi memory

  @claim_70_13
  Rule: More than the node has at all is refused

    Scenario: A request beyond the node's capacity is forbidden
      Given a running resizable Pod
      When a resize asks for more CPU than its worker has
      Then the API refuses it with 403, naming "NodeCapacity"
      And for 5 s the Pod, its containers and its cgroups stay as they were
      When it is given the article's figures
      Then within 60 s its cgroups allow 500m CPU and 256Mi memory

  @claim_70_14 @serial @placed
  Rule: More than is free now waits for room

    Scenario: A deferred resize goes through when a Pod leaves
      Given a worker kept for this scenario
      And a running resizable Pod on that worker
      And a filler Pod leaves 50m CPU free there
      When it is given the article's figures
      Then within 30 s its resize is deferred
      And for 10 s its cgroups and containers stay as they were
      When the filler Pod is deleted
      Then within 300 s its cgroups allow 500m CPU and 256Mi memory

  @claim_70_15 @serial @placed
  Rule: Deferred resizes are taken by priority

    Scenario: The Pod of higher priority gets the room that appears
      The Pod of lower priority asks first, so that waiting time alone would favour it.
      Given a worker kept for this scenario
      And Pods of higher and lower priority there
      And room for one of them to grow once the filler Pod is gone
      When a resize of the lower and then of the higher is deferred
      And the filler Pod is deleted
      Then within 300 s the higher has grown
      And for 10 s the lower has not

  @claim_70_16 @disruptive @needs_swap
  Rule: What can never be done is refused by the kubelet, which says why
    A container that may swap cannot get another memory request in place; the static managers, the
    other two causes, have nothing to pin on machines of one CPU.

    Scenario: A Pod that may swap asks for more memory
      Given a worker with swap whose kubelet is set to
        | setting    | value                       |
        | failSwapOn | false                       |
        | memorySwap | {swapBehavior: LimitedSwap} |
      And a running limited Pod on it
      When it is resized to request 50m CPU and 64Mi memory, limited to 500m CPU and 256Mi memory
      Then within 30 s its resize is infeasible, naming "swap", and its kubelet counts it
      And for 5 s its cgroups and containers stay as they were
      When it is resized to request 50m CPU and 32Mi memory, limited to 400m CPU and 256Mi memory
      Then within 60 s its cgroups allow 400m CPU and 256Mi memory

  @claim_70_17 @serial @placed
  Rule: The scheduler counts the larger of wanted and given

    Scenario: What a deferred resize wants is not given to a new Pod
      Given a worker kept for this scenario
      And a running resizable Pod on that worker
      And a filler Pod leaves 100m CPU free there
      When it is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      And a new Pod asks the scheduler for 80m CPU there
      Then for 15 s the new Pod stays unscheduled for want of CPU
      When it is resized to request 100m CPU and 64Mi memory, limited to 200m CPU and 128Mi memory
      Then within 60 s the new Pod runs

  @claim_70_18
  Rule: Rights, quota and limits apply to a resize

    Scenario: The right to patch Pods is not the right to resize them
      Given a running resizable Pod
      And an account that may patch Pods
      When that account asks for the article's figures
      Then the API refuses it with 403, naming "pods/resize"
      When the account may patch their resize subresource too
      Then within 15 s its resize to the article's figures is accepted

    Scenario: A resize beyond the quota is refused and one within it counts
      Given a quota of 200m requested CPU
      And a running resizable Pod
      When a resize asks for the article's figures
      Then the API refuses it with 403, naming "exceeded quota"
      When it is resized to request 150m CPU and 64Mi memory, limited to 200m CPU and 128Mi memory
      Then within 30 s the quota counts 150m requested CPU

    Scenario: A resize beyond a limit range is refused
      Given a limit range of at most 300m CPU a container
      And a running resizable Pod
      When a resize asks for the article's figures
      Then the API refuses it with 403, naming "maximum cpu usage per Container"
      When it is resized to request 100m CPU and 64Mi memory, limited to 300m CPU and 128Mi memory
      Then within 60 s its cgroups allow 300m CPU and 128Mi memory

  @claim_70_22 @disruptive
  Rule: A static Pod cannot be resized
    The series has none; a kubelet gets one for the scenario.

    Scenario: The API refuses to resize the mirror of a static Pod
      Given the mirror of a static Pod on a worker
      When a resize of the mirror asks for the article's figures
      Then the API refuses it with 422, naming "static pods cannot be resized"
      And the mirror's figures are as they were
      When the same is asked of a running resizable Pod
      Then the API accepts it
