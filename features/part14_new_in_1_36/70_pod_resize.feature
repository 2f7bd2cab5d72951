@article_70
Feature: In-place Pod resize
  The CPU and memory of a running Pod can change without recreating the Pod.
  The kubelet writes them to the cgroup files of the same container and the same process.
  The article's Pod requests 100m CPU and 64Mi, is limited to 200m and 128Mi, and restarts for neither.

  @claim_70_1
  Rule: New resources reach the running container and its Pod

    @relies_on_every_worker
    Scenario Outline: CPU and memory grow in place on <worker>
      The article's patch: cpu.max 20000 100000 becomes 50000 100000, memory.max 134217728 becomes 268435456.
      Given a running resizable Pod on <worker>
      And a neighbour resizable Pod on the same worker
      And the Pod's cgroups allow 200m CPU and 128Mi memory
      When the Pod is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then within 60 s the Pod's cgroups allow 500m CPU and 256Mi memory
      And within 30 s the Pod's status reports the resources of its spec
      And no container or process of the Pod has restarted
      And the neighbour Pod is unchanged

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_70_2
  Rule: CPU weights follow the requests

    Scenario: A larger request has a larger weight for the Pod and for its container
      Given a running resizable Pod
      And the Pod's cgroups have the weights of a 100m CPU request
      When the Pod is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then within 60 s the Pod's cgroups have the weights of a 250m CPU request

  @claim_70_3
  Rule: A resize is visible in conditions, generations and events

    Scenario: Conditions, generations and events report one resize
      Given a running resizable Pod
      When the Pod is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then within 60 s the Pod's history has one resize in progress, then completed
      And the Pod is Ready in every version of its history
      And within 30 s the Pod has the events "ResizeStarted" and "ResizeCompleted"

  @claim_70_4
  Rule: A Pod shrinks as well as it grows

    Scenario: A Pod is resized and resized back
      Given a running resizable Pod
      When the Pod is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then within 60 s the Pod's cgroups allow 500m CPU and 256Mi memory
      When the Pod is resized to request 100m CPU and 64Mi memory, limited to 200m CPU and 128Mi memory
      Then within 60 s the Pod's cgroups allow 200m CPU and 128Mi memory
      And no container or process of the Pod has restarted

  @claim_70_5
  Rule: One resource of one container can change alone

    Scenario: CPU of one of two containers
      Given a running two-container Pod
      When the Pod's container "a" gets a CPU limit of 200m
      Then within 60 s the cgroup of container "a" allows 200m CPU and 64Mi memory
      And the cgroup of container "b" allows 100m CPU and 64Mi memory
      And the cgroup of the Pod allows 300m CPU and 128Mi memory
      And no container or process of the Pod has restarted

    Scenario: A Pod with one unlimited container still has no limit after a resize
      Given a running half-limited Pod
      When the Pod's container "a" gets a CPU limit of 200m
      Then within 60 s the cgroup of container "a" allows 200m CPU and 64Mi memory
      And the cgroup of the Pod has no limit

  @claim_70_10
  Rule: Memory has a resize policy of its own

    Scenario: CPU of a Pod that restarts for memory changes without a restart
      Given a running memory-restarting Pod
      When the Pod's container "a" gets a CPU limit of 200m
      Then within 60 s the cgroup of container "a" allows 200m CPU and 64Mi memory
      And no container or process of the Pod has restarted

    Scenario: Memory of a Pod that restarts for memory changes with exactly one restart
      Given a running memory-restarting Pod
      When the Pod's container "a" gets a memory limit of 128Mi
      Then within 60 s the cgroup of container "a" allows 100m CPU and 128Mi memory
      And for 30 s the Pod's container "a" has one restart, for the resize
      And no other container or process of the Pod has restarted

    Scenario: A Pod that never restarts may not request a restart for a resize
      When a memory-restarting Pod with restart policy "Never" is created
      Then the API refuses the request with 422, naming "must be 'NotRequired'"
      When a memory-restarting Pod with restart policy "Always" is created
      Then the API accepts the request

  @claim_70_11
  Rule: Without a resize policy no container restarts

    Scenario: A Pod without a resize policy grows in place
      Given a running policy-free Pod
      When the Pod is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then within 60 s the Pod's cgroups allow 500m CPU and 256Mi memory
      And no container or process of the Pod has restarted
      And the Pod's stored spec has no resize policy

  @claim_70_12
  Rule: A memory limit below the memory in use is not enforced

    Scenario: A lower memory limit waits for the memory to be freed
      Given a running memory-holding Pod that uses more than 64Mi memory
      When the Pod's container "c" gets a memory limit of 64Mi
      Then within 60 s the Pod's resize is in progress with an error
      And for 10 s the Pod's cgroups and containers stay the same
      When the Pod frees its memory
      Then within 180 s the Pod's cgroups allow 200m CPU and 64Mi memory
      And no container or process of the Pod has restarted

  @claim_70_19
  Rule: Pod-level resources and plain init containers can be resized since 1.36, sidecars before

    @since_1_36
    Scenario: Pod-level resources change
      Given a running pod-level Pod
      When a Pod-level resize requests 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then the API accepts the request
      And within 60 s the cgroup of the Pod allows 500m CPU and 256Mi memory
      And no container or process of the Pod has restarted

    Scenario Outline: A running <kind> is resized
      Given a running <Pod> Pod
      When the Pod's container "<container>" gets a CPU limit of 200m
      Then within 60 s the cgroup of container "<container>" allows 200m CPU and 64Mi memory
      And no container or process of the Pod has restarted

      Examples:
        | kind    | Pod     | container |
        | sidecar | sidecar | s         |

      @since_1_36
      Examples:
        | kind                 | Pod          | container |
        | plain init container | initializing | i         |

    @until_1_35
    Scenario: A resize of Pod-level resources is refused
      Given a running pod-level Pod
      When a Pod-level resize requests 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then the API refuses the request with 422, naming "resize of pods with pod-level resources is forbidden"
      And for 5 s the Pod, its containers and its cgroups stay the same

    @until_1_35
    Scenario: A resize of a plain init container is refused
      Given a running initializing Pod
      When a resize requests a CPU limit of 200m for the Pod's container "i"
      Then the API refuses the request with 422, naming "resources for non-sidecar init containers are immutable"
      And for 5 s the Pod, its containers and its cgroups stay the same

    @since_1_36 @relies_on_every_worker
    Scenario: Every kubelet can resize Pod-level resources and init containers
      Given the metrics of every kubelet
      Then every kubelet has the feature gate "InPlacePodLevelResourcesVerticalScaling" on
      And every kubelet has the feature gate "InPlacePodVerticalScalingInitContainers" on

  @claim_70_20 @changes_a_worker
  Rule: Completed and deferred resizes survive a restart of the kubelet
    The kubelet's first status may lack the deferred resize; it is reported at the Pod's next sync (90 s at most).

    @slow
    Scenario: A completed resize survives a kubelet restart
      Given a running resizable Pod
      When the Pod is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then within 60 s the Pod's cgroups allow 500m CPU and 256Mi memory
      When the kubelet on the Pod's worker restarts
      Then for 20 s the Pod's cgroups allow 500m CPU and 256Mi memory
      And no container on the Pod's worker has restarted

    Scenario: A deferred resize survives a kubelet restart
      Given a worker reserved for this scenario
      And a running resizable Pod on the reserved worker, and a filler Pod that leaves 50m CPU free
      When the Pod is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then within 30 s the Pod's resize is deferred
      When the kubelet on the Pod's worker restarts
      Then for 20 s the Pod's resize is not granted, and the Pod's cgroups stay the same
      And within 135 s the Pod's resize is deferred

  @claim_70_21 @relies_on_every_worker
  Rule: A resize of a Pod does not change its controller's template

    Scenario: Resizing one Pod of a Deployment leaves template and sibling alone
      Given a Deployment of two Pods
      When one Pod of the Deployment is resized to a CPU limit of 300m
      Then within 60 s the Pod's cgroups allow 300m CPU and 128Mi memory
      And the Deployment and its other Pod are the same
      When the Pod is deleted
      Then within 60 s the Deployment has a new Pod whose cgroups allow 200m CPU and 128Mi memory

  @claim_70_23
  Rule: The kubelet counts resizes

    Scenario: Requests and limits of both resources are counted
      Given a running resizable Pod
      And the resize counters of the Pod's kubelet
      When the Pod is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then within 60 s the Pod's cgroups allow 500m CPU and 256Mi memory
      And within 30 s the kubelet has counted and timed the Pod's resize
