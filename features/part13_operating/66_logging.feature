@article_66
Feature: How a line that a container prints is logged
  The runtime writes the line to a file on the worker, with a time and a stream; the kubelet reads that
  file when a client requests logs, and rotates it. Lines are traced by a nonce that the container creates
  itself, so that nothing else can have printed it.

  @claim_66_1
  Rule: A line can be traced from the API to the disk

    @relies_on_every_worker
    Scenario Outline: A nonce is in the API's response, in the file and behind the link on <worker>
      Given a running talker Pod on <worker>
      And the nonce that the Pod has printed
      Then the Pod's log file on the worker and the link to the file contain the nonce
      And no other log file on any worker contains the nonce

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_66_2
  Rule: A stored line is time, stream, tag and text

    @relies_on_every_worker
    Scenario Outline: Every line in a log file on <worker> has the same four parts
      Given a running talker Pod on <worker>
      And the nonce that the Pod has printed
      Then every stored line has a time, a stream, a tag and its text
      And the stored lines are of both streams, and every line is tagged as full

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_66_3
  Rule: Lines over 16 KiB are split in the file and joined by the API

    @relies_on_every_worker
    Scenario Outline: A line at the limit, one byte over it and far over it on <worker>
      Given a running long-winded Pod on <worker>
      And the Pod's log file has 3 full lines and no unfinished line
      Then the Pod's log file has these parts
        | characters | tag     |
        | 16384      | full    |
        | 16384      | partial |
        | 1          | full    |
        | 16384      | partial |
        | 16384      | partial |
        | 7232       | full    |
      And the API returns lines of 16384, 16385 and 40000 characters

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

    Scenario: A last line without a newline
      Given a running unended Pod
      And the Pod's log file has 1 full line and no unfinished line
      When the Pod's process is killed
      Then within 30 s the Pod's log file has these parts
        | text    | tag     |
        | whole   | full    |
        | unended | partial |

  @claim_66_4
  Rule: The API returns what was printed, and honours its options

    @relies_on_every_worker
    Scenario Outline: Text, timestamps, last lines and bytes of a Pod's log on <worker>
      Given a running talker Pod on <worker>
      And the nonce that the Pod has printed
      Then with each option, the API returns this part of the stored log
        | option                               | part                            |
        | none                                 | every line                      |
        | timestamps                           | every line with its stored time |
        | the last 3 lines                     | the last 3 lines                |
        | the first 100 bytes                  | the first 100 bytes             |
        | since the second of the first line   | every line                      |
        | since the second after the last line | nothing                         |
      But every API server refuses contradictory and impossible options with 422

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_66_5
  Rule: The container's log by name is a link, and is deleted with the Pod

    @relies_on_every_worker
    Scenario Outline: A link on <worker> that ends in the container's ID
      Given a running talker Pod on <worker>
      And the nonce that the Pod has printed
      Then the link is a symbolic link to the Pod's file and ends in the container's ID
      When the Pod is deleted
      Then within 120 s neither the link nor the Pod's log directory is left

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_66_6 @relies_on_every_worker
  Rule: Logs rotate at 10Mi, and five files are kept

    Scenario: The default rotation settings
      Given the settings of every kubelet
      Then every kubelet is set to
        | setting                     | value |
        | containerLogMaxSize         | 10Mi  |
        | containerLogMaxFiles        | 5     |
        | containerLogMonitorInterval | 10s   |
        | containerLogMaxWorkers      | 1     |
      And every kubelet is set to
        | setting    | value         |
        | podLogsDir | /var/log/pods |

    Scenario: Only the kubelets rotate containers' logs
      Given a Pod on each worker
      And the settings of every kubelet
      Then every worker has no job that touches containers' logs

  @claim_66_11
  Rule: The log of the previous container is kept, and only that
    Each minute the kubelet collects containers that have ended. It takes one that is created and not yet
    running for the last of them: a collection at that moment deletes the log of the previous container.

    @relies_on_every_worker
    Scenario Outline: A container restarts twice on <worker>
      Given a running talker Pod on <worker>
      And the nonce that the Pod has printed
      Then the Pod's previous log is refused with 400
      When the Pod's process is killed in the minute after a container garbage collection, and its container prints another nonce
      Then within 30 s the Pod's previous log has the first nonce only, and the worker has no older log file of the Pod
      When the Pod's process is killed in the minute after a container garbage collection, and its container prints another nonce
      And the next container garbage collection on the Pod's worker has ended
      Then within 30 s the Pod's previous log has the second nonce only, and the worker has no older log file of the Pod

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |
