@article_67
Feature: Every request has its place when an API server is busy
  Flow schemas sort requests into priority levels, and each level has seats of its own.
  The article shows the built-in objects and each level's live state; the answers' headers tell
  where a request was put, which is how placement is judged here.

  @claim_67_8
  Rule: The built-in objects are the documented ones

    Scenario: Built-in flow schemas and priority levels
      Given the cluster's flow schemas and priority levels
      Then the built-in flow schemas are the documented ones, field by field
      And the built-in levels are the documented ones, field by field
      And none of the built-in flow schemas dangles

    Scenario: A flow schema of a level that is not there dangles
      When a flow schema of a level that is not there is made
      Then within 30 s it dangles
      And none of the built-in flow schemas dangles

  @claim_67_9 @disruptive
  Rule: Mandatory objects cannot be edited, suggested ones obey their mark
    Alone, because it gives built-in levels other seats for a minute.

    Scenario: What is suggested is made again, unless it is marked to keep its edits
      Given the level "global-default" is marked to keep its edits
      When the shares of "workload-low" and of "global-default" are raised by one
      And the suggested flow schema "kube-scheduler" is deleted
      Then within 90 s the shares of "workload-low" are as before
      And within 90 s the flow schema "kube-scheduler" is there again
      And the shares of "global-default" are still raised by one
      And an edit of the mandatory level "catch-all" is refused with 422

  @claim_67_10
  Rule: Each API server tells of its levels live

    Scenario: Requests are counted where they were put
      Given the live state of the levels on each API server
      When admin asks each API server 20 times
      Then each tells of every level in the documented columns
      And each dispatched at least 20 more requests at level "exempt"
      And each tells of the queues of "leader-election", and of this request with its user
      And an account without rights is refused the live state with 403

  @claim_67_11 @claim_67_12
  Rule: Answers tell where they were put, and identities land where the documentation says

    Scenario Outline: <who> asking for <what> is put into <schema>
      Given the cluster's flow schemas and priority levels
      When <who> asks each API server for <what>
      Then every answer tells of flow schema "<schema>" and level "<level>"

      Examples:
        | who                      | what     | schema                       | level           |
        | a member of masters      | Pods     | exempt                       | exempt          |
        | a node                   | a Lease  | system-node-high             | node-high       |
        | a node                   | Pods     | system-nodes                 | system          |
        | the scheduler            | a Lease  | system-leader-election       | leader-election |
        | the scheduler            | Pods     | kube-scheduler               | workload-high   |
        | an account of the system | Pods     | kube-system-service-accounts | workload-high   |
        | another account          | Pods     | service-accounts             | workload-low    |
        | another user             | Pods     | global-default               | global-default  |
        | another user             | health   | probes                       | exempt          |

    Scenario: A refusal tells its place, what has none does not
      Given a running resizable Pod
      And the cluster's flow schemas and priority levels
      When another user asks each API server for Nodes
      Then it is refused with 403 and every answer tells of flow schema "global-default"
      And the answer to a follower of the Pod's log tells of no place
      And the answer to a request for a command in the Pod tells of no place
      And the answer to an unknown token is 401 and tells of no place

  @claim_67_13
  Rule: Seats are shared out by the formula

    Scenario: Each level's seats follow from the documented sum and the shares
      Given the cluster's flow schemas and priority levels
      And the metrics of each API server
      Then each API server's seats follow from the documented sum and the levels' shares
