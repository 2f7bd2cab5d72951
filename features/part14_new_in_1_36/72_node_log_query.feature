@article_72
Feature: Asking a kubelet for its machine's logs
  The kubelet can answer from the journal of its machine, once its configuration says so. With the
  switch off the same request is answered too, by a list of files: a status of 200 proves nothing, so
  lines are compared with the machine's own journal. The article, like upstream's page, asks for a file
  as "/name"; only a relative name works.

  @claim_72_1
  Rule: The switch is off by default

    Scenario: A question about the journal is answered by a list of files
      Given the settings of every kubelet
      When each kubelet is asked for the log of "kubelet"
      Then every kubelet is set to
        | setting                | value |
        | enableSystemLogQuery   | False |
        | enableSystemLogHandler | True  |
      And each answers with a list of files, without a line of the journal

  @claim_72_2 @claim_72_3 @claim_72_4 @claim_72_5 @claim_72_6 @claim_72_7 @claim_72_8 @claim_72_9
  Rule: What one kubelet shows when it is switched on, each could
    Switching it on restarts the kubelet: what follows does that on one worker.

    Scenario: Every kubelet has what questions need
      Given the metrics of every kubelet
      And the settings of every kubelet
      Then each says that the gate "NodeLogQuery" is on
      And every kubelet is set to
        | setting                 | value |
        | enableSystemLogHandler  | True  |
        | enableDebuggingHandlers | True  |
      And every worker's journal has lines of its kubelet
      And every kubelet would read it by the machine's own journalctl
      And each kubelet is set as the others are

  @claim_72_2 @disruptive
  Rule: Switched on, a kubelet answers from the journal

    Scenario: The last lines of the kubelet, as the machine's own journal has them
      Given a worker whose kubelet is set to
        | setting              | value |
        | enableSystemLogQuery | true  |
      Then for a time that is over it gives the lines of "kubelet" that the machine's journal has
      And asked for the last 3 of these it gives exactly them, as plain text
      But the other worker answers with a list of files

  @claim_72_3 @claim_72_4 @disruptive
  Rule: Services are found where they run, several at once, and an unknown one is no error

    Scenario: One service, two and four at once, one of another machine, and names that are none
      Given a worker whose kubelet is set to
        | setting              | value |
        | enableSystemLogQuery | true  |
      And 3 units on it that have printed
      Then for a time that is over it gives the lines of "containerd" that the machine's journal has
      And for "kubelet" and "containerd" at once it gives both, mixed by time
      And for "kubelet" and these at once it gives the lines of each
      And for these it answers with 200, in these words and without a line of a service
        | name            | words               |
        | kube-apiserver  | log not found       |
        | nosuch          | log not found       |
        | kubelet.service | log not found       |
        | let             | No entries          |
      And an unknown one with an option is answered with 200 and "options present"

  @claim_72_5 @disruptive @slow
  Rule: Filters do what they say

    Scenario: A unit that prints two nonces is filtered by pattern, time, number and boot
      Given a worker whose kubelet is set to
        | setting              | value |
        | enableSystemLogQuery | true  |
      And a unit on it that has printed a first and a second nonce
      Then without a filter both are in its log
      And each filter leaves what it says
        | filter                  | left   |
        | pattern of the first    | first  |
        | pattern of the second   | second |
        | since the moment        | second |
        | until the moment        | first  |
        | the last two lines      | second |
        | this boot               | both   |
        | the boot before         | none   |
        | pattern of neither      | none   |

  @claim_72_6 @disruptive
  Rule: Bad questions are refused before anything runs

    Scenario: Names, numbers and times that are none, contradictions, and commands in a name
      Given a worker whose kubelet is set to
        | setting              | value |
        | enableSystemLogQuery | true  |
      Then it answers each of these with its status
        | question                     | status |
        | a service                    | 200    |
        | an empty name                | 400    |
        | a time that is none          | 400    |
        | a number that is none        | 400    |
        | options without a name       | 406    |
        | less than no lines           | 406    |
        | more than 100000 lines       | 406    |
        | a boot to come               | 406    |
        | until before since           | 406    |
        | a pattern that Go refuses    | 406    |
        | five services                | 406    |
        | a service and a file         | 406    |
        | two files                    | 406    |
        | a file with an option        | 406    |
        | a second command in the name | 406    |
        | a substitution in the name   | 406    |
      And no command in a name was run

  @claim_72_7 @disruptive @slow
  Rule: Files below the folder of logs are named relative to it

    Scenario: A file by its name, and names that lead out
      Given a worker whose kubelet is set to
        | setting              | value |
        | enableSystemLogQuery | true  |
      And a file with a nonce below its folder of logs, and a link from there to one outside
      Then asked for the file by its relative name it gives the nonce
      But it refuses each of these with 406
        | name                  |
        | the documented slash  |
        | the parent folder     |
        | an absolute path      |
        | the link that leads out |

  @claim_72_21
  Rule: The plain path follows a link out of the folder of logs

    Scenario: What the query refuses, the plain path gives
      Given each worker's folder of logs with a link to a file outside
      Then the plain path of each link gives what the file outside holds
      But a path that climbs out of the folder gives nothing of it

  @claim_72_8 @disruptive @slow
  Rule: A question ends after 30 s

    Scenario: A journal that does not answer
      Given a worker whose kubelet is set to
        | setting              | value |
        | enableSystemLogQuery | true  |
      And a journal reader on it that never ends
      When it is asked for the log of "kubelet"
      Then it takes 30 s to answer and no more than 45 s
      And no reader of the journal is left on the machine

  @claim_72_9 @disruptive @slow
  Rule: Questions without the handler are a configuration error

    Scenario: A kubelet that is told to answer and not to listen ends, and says why
      Given a running resizable Pod
      And the containers of its worker
      When the kubelet of its worker is set to
        | setting                | value |
        | enableSystemLogQuery   | true  |
        | enableSystemLogHandler | false |
      Then within 30 s it has ended, naming "enableSystemLogHandler" and "enableSystemLogQuery"
      When its settings are put back
      Then the node of its worker is ready
      And no container of its worker has restarted

  @claim_72_10 @disruptive
  Rule: Logs through the API server are checked twice, for two identities
    A kubelet keeps its verdicts for minutes: it is restarted after the right is taken.

    Scenario: The API servers lose their own right to logs
      Given an account with the right to "proxy" of nodes
      When the API servers' own right to "log" of nodes is taken and every kubelet restarted
      Then through each API server every kubelet refuses it the logs, naming "kube-apiserver-kubelet-client" and "log"
      But through each API server it is given the same kubelets' metrics
      When the right is given back
      Then within 90 s it is given every kubelet's logs through each API server
