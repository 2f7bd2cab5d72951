@article_70
Feature: What in-place Pod resize refuses or defers
  A resize may not change the QoS class, remove resources or change anything else; RBAC and quota apply. What
  never fits the node is refused, what does not fit now is deferred and completes when there is room.
  Every refusal is followed by a resize of the same Pod that is accepted.

  @claim_70_6
  Rule: A resize may not change the QoS class

    Scenario Outline: A <class> Pod stays <class>
      Given a running <kind> Pod
      When a resize requests <change>
      Then the API refuses the request with 422, naming "Pod QOS Class may not change"
      And for 5 s the Pod, its containers and its cgroups stay the same
      When a resize requests <allowed>
      Then the API accepts the request

      Examples:
        | class      | kind       | change                       | allowed                                |
        | Burstable  | resizable  | requests equal to the limits | the article's resources                |
        | Guaranteed | Guaranteed | limits above the requests    | equal increases of requests and limits |
        | BestEffort | BestEffort | requests for the first time  | no change                              |

    Scenario: A Guaranteed Pod grows with equal requests and limits
      Given a running Guaranteed Pod
      When the Pod is resized to request 150m CPU and 96Mi memory, limited to 150m CPU and 96Mi memory
      Then within 60 s the Pod's cgroups allow 150m CPU and 96Mi memory
      And no container or process of the Pod has restarted

  @claim_70_7
  Rule: Resources cannot be removed, and only CPU and memory can change

    Scenario Outline: A resize cannot request <change>
      Given a running resizable Pod
      When a resize requests <change>
      Then the API refuses the request with 422, naming "<words>"
      And for 5 s the Pod, its containers and its cgroups stay the same
      When the Pod is resized to the article's resources
      Then within 60 s the Pod's cgroups allow 500m CPU and 256Mi memory

      Examples:
        | change                          | words                                     |
        | the removal of the memory limit | resource limits cannot be removed         |
        | the removal of the CPU limit    | resource limits cannot be removed         |
        | ephemeral storage               | only cpu and memory resources are mutable |
        | one more container              | containers may not be added               |

  @claim_70_8
  Rule: An ordinary update of a Pod cannot resize it

    Scenario: The same patch without the resize subresource is refused
      Given a running resizable Pod
      When an ordinary update requests the article's resources
      Then the API refuses the request with 422, naming "pod updates may not change fields other than"
      And for 5 s the Pod, its containers and its cgroups stay the same
      When the Pod is resized to the article's resources
      Then within 60 s the Pod's cgroups allow 500m CPU and 256Mi memory

  @claim_70_9
  Rule: The resize subresource changes resources only

    Scenario: Another image and label in a resize are ignored
      Given a running resizable Pod
      When a resize requests the article's resources, another image and another label
      Then the API accepts the request
      And the Pod's stored image and labels are the same
      And within 60 s the Pod's cgroups allow 500m CPU and 256Mi memory
      And no container or process of the Pod has restarted

    Scenario: Another resize policy in a resize is refused
      Given a running resizable Pod
      When a resize requests another resize policy
      Then the API refuses the request with 422, naming "only cpu and memory resources are mutable"
      And for 5 s the Pod, its containers and its cgroups stay the same
      When the Pod is resized to the article's resources
      Then within 60 s the Pod's cgroups allow 500m CPU and 256Mi memory

  @claim_70_13
  Rule: A resize above the node's capacity is refused, by the API since 1.36 and by the kubelet before

    @since_1_36
    Scenario: A request above the node's capacity is forbidden
      Given a running resizable Pod
      When a resize requests more CPU than its worker has
      Then the API refuses the request with 403, naming "NodeCapacity"
      And for 5 s the Pod, its containers and its cgroups stay the same
      When the Pod is resized to the article's resources
      Then within 60 s the Pod's cgroups allow 500m CPU and 256Mi memory

    @until_1_35
    Scenario: A request above the node's capacity is accepted and infeasible
      Given a running resizable Pod
      When a resize requests more CPU than its worker has
      Then the API accepts the request
      And within 30 s the Pod's resize is infeasible, naming "capacity"
      And for 5 s the Pod's cgroups and containers stay the same
      When the Pod is resized to the article's resources
      Then within 60 s the Pod's cgroups allow 500m CPU and 256Mi memory

  @claim_70_14 @changes_a_worker
  Rule: A resize above the node's free resources is deferred

    Scenario: A deferred resize completes when another Pod is deleted
      Given a worker reserved for this scenario
      And a running resizable Pod on the reserved worker, and a filler Pod that leaves 50m CPU free
      When the Pod is resized to the article's resources
      Then within 30 s the Pod's resize is deferred
      And for 10 s the Pod's cgroups and containers stay the same
      When the filler Pod is deleted
      Then within 300 s the Pod's cgroups allow 500m CPU and 256Mi memory

  @claim_70_15 @changes_a_worker
  Rule: Deferred resizes complete by priority

    Scenario: The Pod of higher priority gets the freed resources
      The Pod of lower priority requests its resize first, so that waiting time alone would favour it.
      Given a worker reserved for this scenario
      And a Pod of higher and a Pod of lower priority on the reserved worker
      And a filler Pod that leaves room for one of the two resizes when it is deleted
      When a resize of the Pod of lower priority, and then of the Pod of higher priority, is deferred
      And the filler Pod is deleted
      Then within 300 s the Pod of higher priority is resized
      And for 10 s the Pod of lower priority is not resized

  @claim_70_16 @needs_swap @changes_a_worker
  Rule: An infeasible resize is refused by the kubelet with a reason
    The memory request of a container that may swap cannot change in place; the static CPU and memory managers,
    the other two causes, have nothing to pin on machines with one CPU.

    Scenario: A Pod that may swap requests more memory
      Given a worker with swap whose kubelet is set to
        | setting    | value                       |
        | failSwapOn | false                       |
        | memorySwap | {swapBehavior: LimitedSwap} |
      And a running limited Pod on that worker
      When the Pod is resized to request 50m CPU and 64Mi memory, limited to 500m CPU and 256Mi memory
      Then within 30 s the Pod's resize is infeasible, naming "swap", and its kubelet counts it
      And for 5 s the Pod's cgroups and containers stay the same
      When the Pod is resized to request 50m CPU and 32Mi memory, limited to 400m CPU and 256Mi memory
      Then within 60 s the Pod's cgroups allow 400m CPU and 256Mi memory

  @claim_70_17 @relies_on_every_worker @changes_a_worker
  Rule: The scheduler counts the larger of desired and allocated resources

    Scenario: Resources of a deferred resize are not available to a new Pod
      Given a worker reserved for this scenario
      And a running resizable Pod on the reserved worker, and a filler Pod that leaves 100m CPU free
      When the Pod is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      And a Pod that only the reserved worker could run requests 80m CPU
      Then for 15 s the unscheduled Pod has no node, because of insufficient CPU
      When the Pod is resized to request 100m CPU and 64Mi memory, limited to 200m CPU and 128Mi memory
      Then within 60 s the unscheduled Pod runs on the reserved worker

  @claim_70_18
  Rule: RBAC, quota and limit ranges apply to a resize

    Scenario: The permission to patch Pods is not the permission to resize them
      Given a running resizable Pod
      And a ServiceAccount that may patch Pods
      When the ServiceAccount requests a resize to the article's resources
      Then the API refuses the request with 403, naming "pods/resize"
      When the ServiceAccount may patch the resize subresource too
      Then within 15 s the ServiceAccount's resize to the article's resources is accepted

    Scenario: A resize above the quota is refused, and one within the quota is counted
      Given a quota with a maximum of 200m CPU in requests
      And a running resizable Pod
      When a resize requests the article's resources
      Then the API refuses the request with 403, naming "exceeded quota"
      When the Pod is resized to request 150m CPU and 64Mi memory, limited to 200m CPU and 128Mi memory
      Then within 30 s the quota counts 150m CPU in requests

    Scenario: A resize above a limit range is refused
      Given a limit range with a maximum of 300m CPU per container
      And a running resizable Pod
      When a resize requests the article's resources
      Then the API refuses the request with 403, naming "maximum cpu usage per Container"
      When the Pod is resized to request 100m CPU and 64Mi memory, limited to 300m CPU and 128Mi memory
      Then within 60 s the Pod's cgroups allow 300m CPU and 128Mi memory

  @claim_70_22 @changes_worker_0
  Rule: A static Pod cannot be resized
    The series has no static Pods; a kubelet gets one for the scenario.

    Scenario: The API refuses to resize a mirror Pod
      Given a mirror Pod of a static Pod on a worker
      When a resize of the mirror Pod requests the article's resources
      Then the API refuses the request with 422, naming "static pods cannot be resized"
      And the resources of the mirror Pod are the same
      When a resize of a running resizable Pod requests the article's resources
      Then the API accepts the request
