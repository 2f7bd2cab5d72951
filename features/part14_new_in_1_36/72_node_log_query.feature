@article_72
Feature: Node log query
  The kubelet can return the journal of its machine, if it is configured to do so. With the setting off, the
  same request is answered too, with a list of files: a status of 200 proves nothing, so lines are compared
  with the machine's own journal. The article, like upstream's page, requests a file as "/name"; only a
  relative name works.

  @claim_72_1 @relies_on_every_worker
  Rule: Node log query is off by default

    Scenario: A log query is answered with a list of files
      Given the settings of every kubelet
      When each kubelet is queried for the log of "kubelet"
      Then every kubelet is set to
        | setting                | value |
        | enableSystemLogQuery   | False |
        | enableSystemLogHandler | True  |
      And each kubelet answers with a list of files, without a line of the journal

  @claim_72_2 @claim_72_3 @claim_72_4 @claim_72_5 @claim_72_6 @claim_72_7 @claim_72_8 @claim_72_9
  @relies_on_every_worker @since_1_36
  Rule: What one kubelet shows with the query on is true of every kubelet
    Turning the query on restarts the kubelet: the following scenarios do that on one worker.

    Scenario: Every kubelet has what log queries need
      Given the metrics of every kubelet
      And the settings of every kubelet
      Then every kubelet has the feature gate "NodeLogQuery" on
      And every kubelet is set to
        | setting                 | value |
        | enableSystemLogHandler  | True  |
        | enableDebuggingHandlers | True  |
      And every worker has lines of its kubelet in its journal
      And every worker has its own journalctl for its kubelet
      And each kubelet has the same settings for log queries

  @claim_72_2 @relies_on_every_worker @changes_a_worker @since_1_36
  Rule: With the query on, a kubelet returns the journal

    Scenario: The last lines of the kubelet are those of the machine's own journal
      Given a worker whose kubelet is set to
        | setting              | value |
        | enableSystemLogQuery | true  |
      Then for a past window, the kubelet returns the lines of "kubelet" in the machine's journal
      And for the last 3 lines of the window, the kubelet returns exactly these lines, as plain text
      But the other worker's kubelet answers with a list of files

  @claim_72_3 @claim_72_4 @changes_a_worker @since_1_36
  Rule: Services are found where they run, several in one query, and an unknown service is not an error

    Scenario: One, two and four services in one query, a service of another machine, and unknown names
      Given a worker whose kubelet is set to
        | setting              | value |
        | enableSystemLogQuery | true  |
      And 3 units on that worker that have printed
      Then for a past window, the kubelet returns the lines of "containerd" in the machine's journal
      And for "kubelet" and "containerd" in one query, the kubelet returns both, merged by time
      And for "kubelet" and the units in one query, the kubelet returns the lines of each
      And for unknown unit names, the kubelet answers 200 with these words and no line of a service
        | name            | words         |
        | kube-apiserver  | log not found |
        | nosuch          | log not found |
        | kubelet.service | log not found |
        | let             | No entries    |
      And for an unknown unit name with an option, the kubelet answers 200 with "options present"

  @claim_72_5 @slow @changes_a_worker @since_1_36
  Rule: Filters select the lines that they name

    Scenario: The log of a unit is filtered by pattern, time, number and boot
      Given a worker whose kubelet is set to
        | setting              | value |
        | enableSystemLogQuery | true  |
      And a unit on that worker that has printed a first and a second nonce
      Then with each filter, the kubelet returns these nonces
        | filter                      | nonces |
        | no filter                   | both   |
        | pattern of the first        | first  |
        | pattern of the second       | second |
        | since the time between them | second |
        | until the time between them | first  |
        | the last two lines          | second |
        | this boot                   | both   |
        | the boot before             | none   |
        | pattern of neither          | none   |

  @claim_72_6 @changes_a_worker @since_1_36
  Rule: Invalid queries are refused before any command runs

    Scenario: Invalid names, numbers and times, contradictions, and commands in a name
      Given a worker whose kubelet is set to
        | setting              | value |
        | enableSystemLogQuery | true  |
      Then the kubelet answers each query with its status
        | query                        | status |
        | a service                    | 200    |
        | an empty name                | 400    |
        | an invalid time              | 400    |
        | an invalid number            | 400    |
        | options without a name       | 406    |
        | fewer than 0 lines           | 406    |
        | more than 100000 lines       | 406    |
        | a future boot                | 406    |
        | until before since           | 406    |
        | a pattern invalid in Go      | 406    |
        | five services                | 406    |
        | a service and a file         | 406    |
        | two files                    | 406    |
        | a file with an option        | 406    |
        | a second command in the name | 406    |
        | a substitution in the name   | 406    |
      And no command in a name was run

  @claim_72_7 @slow @changes_a_worker @since_1_36
  Rule: Log files are named relative to the log directory

    Scenario: A file by its name, and names that lead out of the log directory
      Given a worker whose kubelet is set to
        | setting              | value |
        | enableSystemLogQuery | true  |
      And a file with a nonce in the worker's log directory, and a link from it to a file outside
      Then for the relative name of the file, the kubelet returns the nonce
      But for these names, the kubelet answers 406
        | name                    |
        | the documented slash    |
        | the parent directory    |
        | an absolute path        |
        | the link that leads out |

  @claim_72_21 @relies_on_every_worker
  Rule: The plain path follows a link out of the log directory

    Scenario: The plain path returns what the query refuses
      Given a link in each worker's log directory to a file outside
      Then the plain path of each link returns the content of the file outside
      But a path that climbs out of the log directory returns nothing of the file outside

  @claim_72_8 @slow @changes_a_worker @since_1_36
  Rule: A query is stopped after 30 s

    Scenario: The journal reader does not end
      Given a worker whose kubelet is set to
        | setting              | value |
        | enableSystemLogQuery | true  |
      And a journal reader on that worker that does not end
      When the worker's kubelet is queried for the log of "kubelet"
      Then the kubelet has answered within 45 s, but not within 30 s
      And no journal reader is left on the machine

  @claim_72_9 @slow @changes_a_worker @changes_nodes_readiness @since_1_36
  Rule: The query without the log handler is a configuration error

    Scenario: A kubelet with the query on and the log handler off exits with an error
      Given a running resizable Pod
      And the containers on the Pod's worker
      When the kubelet on the Pod's worker is set to
        | setting                | value |
        | enableSystemLogQuery   | true  |
        | enableSystemLogHandler | false |
      Then within 30 s the kubelet has ended with an error, naming "enableSystemLogHandler" and "enableSystemLogQuery"
      When the settings of the Pod's kubelet are put back
      Then the node of the Pod's worker is Ready
      And no container on the Pod's worker has restarted

  @claim_72_10 @changes_every_worker @changes_every_api_server
  Rule: Logs through the API server are authorized twice, for two identities
    A kubelet caches authorization decisions for minutes: it is restarted after the permission is removed.

    Scenario: The API servers lose their own permission for logs
      Given a ServiceAccount with the permission "proxy" of nodes
      When the API servers' own permission "log" of nodes is removed and every kubelet restarts
      Then through each API server the ServiceAccount is refused each node's logs with 403, naming "kube-apiserver-kubelet-client" and "log"
      But through each API server the ServiceAccount reads each node's metrics
      When the API servers' permission is added again
      Then within 90 s through each API server the ServiceAccount reads each node's logs

  @claim_72_20 @changes_every_worker
  Rule: Since 1.37, the permission for logs is enough to read a kubelet's configuration
    A kubelet of 1.37 logs its configuration when it starts. An older one logs its flags, whose defaults the
    configuration overrides; before 1.36 log queries are behind a feature gate.

    @since_1_37
    Scenario Outline: A ServiceAccount reads the configuration of the kubelet on <worker> in its log
      Given <worker> whose kubelet is set to
        | setting              | value |
        | enableSystemLogQuery | true  |
      And a ServiceAccount with the permission "log" of nodes
      When the ServiceAccount reads the log of the worker's kubelet since its start
      Then the log has every setting that the kubelet returns to admin
      But the worker's kubelet refuses its configuration to the ServiceAccount with 403
      And the log has no private key of the worker

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

    @until_1_36
    Scenario Outline: A ServiceAccount reads the flags of the kubelet on <worker> in its log, and no configuration
      Given <worker> whose kubelet is set to
        | setting              | value                |
        | enableSystemLogQuery | true                 |
        | featureGates         | {NodeLogQuery: true} |
      And a ServiceAccount with the permission "log" of nodes
      When the ServiceAccount reads the log of the worker's kubelet since its start
      Then the log has the flags of the kubelet
      But the log has no configuration of the kubelet

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |
