@article_65 @needs_swap
Feature: Swap on a worker
  Stock servers have none. By default a kubelet does not start on a machine with swap; if it is configured
  to start, containers still get no swap by default. Swap is a file here, for one scenario.

  @claim_65_12 @changes_a_worker @changes_nodes_readiness
  Rule: A kubelet refuses to start on a machine with swap

    Scenario: Swap is added and removed under a kubelet that restarts
      Given a running resizable Pod
      And the containers on the Pod's worker
      When swap is added to the Pod's worker and its kubelet restarts
      Then within 30 s the kubelet has ended with an error, naming "swap" and "fail-swap-on"
      When the swap is removed from the Pod's worker
      Then the node of the Pod's worker is Ready
      And no container on the Pod's worker has restarted

  @claim_65_12 @claim_65_13 @relies_on_every_worker
  Rule: No worker has swap, no kubelet allows swap to containers, and every kernel can limit swap

    Scenario: Settings and cgroups of every worker
      Given the settings of every kubelet
      Then every kubelet is set to
        | setting    | value |
        | failSwapOn | True  |
        | memorySwap | {}    |
      And every worker has a kernel that can limit swap
      And every worker has no swap

  @claim_65_13 @slow @changes_every_worker
  Rule: A container gets swap only with LimitedSwap, and only in a Burstable Pod

    Scenario: A worker has swap and the kubelet's default swap behavior
      Given worker-0 with swap whose kubelet is set to
        | setting    | value |
        | failSwapOn | false |
      When a Pod of each QoS class and a critical Pod run on the worker
      Then the containers of the Pods may use this swap
        | Pod        | share of the swap |
        | Guaranteed | none              |
        | BestEffort | none              |
        | Burstable  | none              |
        | critical   | none              |

    Scenario: A worker has swap and LimitedSwap
      Given worker-1 with swap whose kubelet is set to
        | setting    | value                       |
        | failSwapOn | false                       |
        | memorySwap | {swapBehavior: LimitedSwap} |
      When a Pod of each QoS class and a critical Pod run on the worker
      Then the containers of the Pods may use this swap
        | Pod        | share of the swap                   |
        | Guaranteed | none                                |
        | BestEffort | none                                |
        | Burstable  | in proportion to its memory request |
        | critical   | none                                |
