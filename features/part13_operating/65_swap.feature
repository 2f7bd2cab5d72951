@article_65 @needs_swap
Feature: Swap on a worker
  Stock servers have none. A kubelet does not start where there is some, unless it is told to; and then
  containers still get none, unless it is told that too. Swap is a file here, for one scenario.

  @claim_65_12 @disruptive
  Rule: A kubelet refuses to start on a machine with swap

    Scenario: Swap comes and goes under a kubelet that restarts
      Given a running resizable Pod
      And the containers of its worker
      When its worker gets swap and its kubelet restarts
      Then within 30 s it has ended, naming "swap" and "fail-swap-on"
      When its swap is taken away
      Then the node of its worker is ready
      And no container of its worker has restarted

  @claim_65_12 @claim_65_13
  Rule: No worker has swap, no kubelet has chosen it for containers, and every kernel could limit it

    Scenario: Settings and cgroups of every worker
      Given the settings of every kubelet
      Then every kubelet is set to
        | setting    | value |
        | failSwapOn | True  |
        | memorySwap | {}    |
      And every worker's kernel limits swap
      And no worker has swap, with which its kubelet would not start again

  @claim_65_13 @disruptive @slow
  Rule: A container gets swap only where that is chosen, and only if its Pod is Burstable

    Scenario: Swap is there and nothing is chosen
      Given worker-0 with swap whose kubelet is set to
        | setting    | value |
        | failSwapOn | false |
      When a Pod of each class runs on it, and a critical one
      Then their containers may swap
        | Pod        | share of the swap |
        | Guaranteed | none              |
        | BestEffort | none              |
        | Burstable  | none              |
        | critical   | none              |

    Scenario: Limited swap is chosen
      Given worker-1 with swap whose kubelet is set to
        | setting    | value                       |
        | failSwapOn | false                       |
        | memorySwap | {swapBehavior: LimitedSwap} |
      When a Pod of each class runs on it, and a critical one
      Then their containers may swap
        | Pod        | share of the swap             |
        | Guaranteed | none                          |
        | BestEffort | none                          |
        | Burstable  | as of its request for memory  |
        | critical   | none                          |
