@article_70
Feature: In-place Pod resize
  A running Pod may get other CPU and memory figures without being recreated.
  The kubelet writes them to the cgroup files of the same container and the same process.
  The article's Pod requests 100m CPU and 64Mi, is limited to 200m and 128Mi, and restarts for neither.

  @claim_70_1
  Rule: New figures reach the running container and its Pod

    @serial
    Scenario Outline: CPU and memory grow in place on <worker>
      The article's patch: cpu.max 20000 100000 becomes 50000 100000, memory.max 134217728 becomes 268435456.
      Given a running resizable Pod on <worker>
      And a neighbour of the same kind on the same worker
      And its cgroups allow 200m CPU and 128Mi memory
      When it is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then within 60 s its cgroups allow 500m CPU and 256Mi memory
      And within 30 s its status reports what its spec wants
      And no container or process of it has restarted
      And the neighbour is untouched

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_70_2
  Rule: CPU weights follow the requests

    Scenario: A larger request weighs more at both levels
      Given a running resizable Pod
      And its cgroups weigh as a request of 100m CPU does
      When it is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then within 60 s its cgroups weigh as a request of 250m CPU does

  @claim_70_3
  Rule: A resize has a beginning, an end and a trace

    Scenario: Conditions, generations and events tell of one resize
      Given a running resizable Pod
      When it is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then within 60 s its history tells of one resize in progress and of its end
      And its history shows it ready throughout
      And within 30 s its events tell "ResizeStarted" and "ResizeCompleted"

  @claim_70_4
  Rule: A Pod shrinks as well as it grows

    Scenario: The first figures come back
      Given a running resizable Pod
      When it is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then within 60 s its cgroups allow 500m CPU and 256Mi memory
      When it is resized to request 100m CPU and 64Mi memory, limited to 200m CPU and 128Mi memory
      Then within 60 s its cgroups allow 200m CPU and 128Mi memory
      And no container or process of it has restarted

  @claim_70_5
  Rule: One resource of one container changes alone

    Scenario: CPU of one container of two
      Given a running two-container Pod
      When its container "a" gets a CPU limit of 200m
      Then within 60 s the cgroup of container "a" allows 200m CPU and 64Mi memory
      And the cgroup of container "b" allows 100m CPU and 64Mi memory
      And the cgroup of the Pod allows 300m CPU and 128Mi memory
      And no container or process of it has restarted

    Scenario: A Pod with one unlimited container has no limit of its own
      Given a running half-limited Pod
      When its container "a" gets a CPU limit of 200m
      Then within 60 s the cgroup of container "a" allows 200m CPU and 64Mi memory
      And the cgroup of the Pod has no limit

  @claim_70_10
  Rule: Memory has a resize policy of its own

    Scenario: CPU changes without a restart, memory with exactly one
      Given a running memory-restarting Pod
      When its container "a" gets a CPU limit of 200m
      Then within 60 s the cgroup of container "a" allows 200m CPU and 64Mi memory
      And no container or process of it has restarted
      When its container "a" gets a memory limit of 128Mi
      Then within 60 s the cgroup of container "a" allows 200m CPU and 128Mi memory
      And for 30 s its container "a" has restarted once, for the resize
      And its other containers and their processes have not restarted

    Scenario: A Pod that never restarts may not ask for a restart
      When a memory-restarting Pod with restart policy "Never" is created
      Then the API refuses it with 422, naming "must be 'NotRequired'"
      When a memory-restarting Pod with restart policy "Always" is created
      Then the API accepts it

  @claim_70_11
  Rule: Without a policy nothing restarts

    Scenario: A Pod that states no resize policy grows in place
      Given a running policy-free Pod
      When it is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then within 60 s its cgroups allow 500m CPU and 256Mi memory
      And no container or process of it has restarted
      And its stored spec states no resize policy

  @claim_70_12
  Rule: A memory limit below what is in use is not forced

    Scenario: A lower memory limit waits until the memory is free
      Given a running memory-holding Pod
      And it uses more than 64Mi memory
      When its container "c" gets a memory limit of 64Mi
      Then within 60 s its resize is in progress with an error
      And for 10 s its cgroups and containers stay as they were
      When it frees its memory
      Then within 180 s its cgroups allow 200m CPU and 64Mi memory
      And no container or process of it has restarted

  @claim_70_19
  Rule: Pod-level figures and init containers can be resized

    Scenario: Figures of the Pod itself change
      Given a running pod-level Pod
      When a resize of the Pod itself requests 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then the API accepts it
      And within 60 s the cgroup of the Pod allows 500m CPU and 256Mi memory
      And no container or process of it has restarted

    Scenario Outline: A running <kind> changes
      Given a running <Pod> Pod
      When its container "<container>" gets a CPU limit of 200m
      Then within 60 s the cgroup of container "<container>" allows 200m CPU and 64Mi memory
      And no container or process of it has restarted

      Examples:
        | kind                 | Pod          | container |
        | sidecar              | sidecar      | s         |
        | plain init container | initializing | i         |

    Scenario: Every kubelet would resize both
      Given the metrics of every kubelet
      Then each says that the gate "InPlacePodLevelResourcesVerticalScaling" is on
      And each says that the gate "InPlacePodVerticalScalingInitContainers" is on

  @claim_70_20 @disruptive
  Rule: Sizes and waiting resizes survive a restart of the kubelet
    Its first status may not tell of the waiting resize; it does again at the Pod's next sync (90 s at most).

    @slow
    Scenario: A completed resize survives a kubelet restart
      Given a running resizable Pod
      When it is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then within 60 s its cgroups allow 500m CPU and 256Mi memory
      When the kubelet of its worker restarts
      Then for 20 s its cgroups allow 500m CPU and 256Mi memory
      And no container of its worker has restarted

    Scenario: A deferred resize survives a kubelet restart
      Given a worker kept for this scenario
      And a running resizable Pod on that worker
      And a filler Pod leaves 50m CPU free there
      When it is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then within 30 s its resize is deferred
      When the kubelet of its worker restarts
      Then for 20 s its resize is not granted and its cgroups stay as they were
      And within 135 s its resize is deferred

  @claim_70_21
  Rule: A controller's template is a different thing

    Scenario: Resizing one Pod of a Deployment leaves template and sibling alone
      Given a Deployment of two Pods
      When one of its Pods gets a CPU limit of 300m
      Then within 60 s its cgroups allow 300m CPU and 128Mi memory
      And the Deployment and the other Pod are as before
      When that Pod is deleted
      Then within 60 s its successor allows 200m CPU and 128Mi memory

  @claim_70_23
  Rule: The kubelet counts resizes

    Scenario: Requests and limits of both resources are counted
      Given a running resizable Pod
      And the resize counters of its kubelet
      When it is resized to request 250m CPU and 128Mi memory, limited to 500m CPU and 256Mi memory
      Then within 60 s its cgroups allow 500m CPU and 256Mi memory
      And within 30 s the kubelet has counted each of its four figures and timed its resize
