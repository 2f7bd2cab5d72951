@article_67
Feature: API Priority and Fairness assigns every request to a priority level
  FlowSchemas assign requests to priority levels, and each priority level has seats of its own. The article
  shows the built-in objects and the live state of each level; response headers carry the FlowSchema and
  the priority level of a request, which is how the assignment is judged here.

  @claim_67_8 @ignores_workers @relies_on_cluster_scoped_flow_control
  Rule: The built-in objects are the documented ones

    Scenario: Built-in FlowSchemas and priority levels
      Given the cluster's FlowSchemas and priority levels
      Then the built-in FlowSchemas are the documented ones, field by field
      And the built-in priority levels are the documented ones, field by field
      And no built-in FlowSchema is dangling

    Scenario: A FlowSchema of a missing priority level is dangling
      When a FlowSchema of a missing priority level is created
      Then within 30 s the new FlowSchema is dangling
      And no built-in FlowSchema is dangling

  @claim_67_9 @changes_api_load @changes_cluster_scoped_flow_control
  Rule: Mandatory objects cannot be edited, suggested ones obey their auto-update annotation
    Alone, because built-in priority levels have other seats for a minute.

    Scenario: Suggested objects are restored, unless their auto-update is off
      Given the priority level "global-default" has its auto-update off
      When the shares of "workload-low" and of "global-default" are raised by one
      And the suggested FlowSchema "kube-scheduler" is deleted
      Then within 90 s the shares of "workload-low" are at their earlier value
      And within 90 s the FlowSchema "kube-scheduler" is created again
      And the shares of "global-default" are raised by one
      And an edit of the mandatory priority level "catch-all" is refused with 422

  @claim_67_10 @ignores_workers @relies_on_cluster_scoped_flow_control
  Rule: Each API server reports the live state of its priority levels

    Scenario: Requests are counted at their priority level
      Given the live state of the priority levels on each API server
      When admin sends 20 requests to each API server
      Then each API server has dispatched at least 20 more requests at the priority level "exempt"

    Scenario: Levels, queues and requests are live, for privileged clients only
      Given a ServiceAccount without permissions
      Then each API server reports every priority level in the documented columns
      And each API server reports the queues of "leader-election"
      And each API server reports the request that reads the live requests, with its user
      But each API server refuses the live state of the priority levels to the ServiceAccount with 403

  @claim_67_11 @claim_67_12 @relies_on_cluster_scoped_flow_control
  Rule: Responses carry FlowSchema and priority level, and requests match the documented ones

    Scenario Outline: A request of <who> for <what> matches <schema>
      Given the cluster's FlowSchemas and priority levels
      When <who> requests <what> from each API server
      Then every response carries the FlowSchema "<schema>" and the priority level "<level>"

      Examples:
        | who                        | what    | schema                       | level           |
        | a member of system:masters | Pods    | exempt                       | exempt          |
        | a node                     | a Lease | system-node-high             | node-high       |
        | a node                     | Pods    | system-nodes                 | system          |
        | the scheduler              | a Lease | system-leader-election       | leader-election |
        | the scheduler              | Pods    | kube-scheduler               | workload-high   |
        | the controller manager     | Pods    | kube-controller-manager      | workload-high   |
        | a system ServiceAccount    | Pods    | kube-system-service-accounts | workload-high   |
        | another ServiceAccount     | Pods    | service-accounts             | workload-low    |
        | another user               | Pods    | global-default               | global-default  |
        | another user               | health  | probes                       | exempt          |

    Scenario: A refusal carries its FlowSchema, requests outside of API Priority and Fairness do not
      Given a running resizable Pod
      And the cluster's FlowSchemas and priority levels
      When another user requests Nodes from each API server
      Then every response is 403 and carries the FlowSchema "global-default"
      But these responses carry no FlowSchema
        | request                             | status |
        | a client that follows the Pod's log | 200    |
        | an exec request to the Pod          | 400    |
        | an unknown token                    | 401    |

  @claim_67_13 @ignores_workers @relies_on_cluster_scoped_flow_control
  Rule: Seats are distributed by the formula

    Scenario: The seats of each priority level follow from the documented total and the shares
      Given the cluster's FlowSchemas and priority levels
      And the metrics of each API server
      Then the seats on each API server follow from the documented total and the shares of the priority levels
