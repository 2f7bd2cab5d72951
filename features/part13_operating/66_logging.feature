@article_66
Feature: What happens to a line that a container prints
  The runtime writes it to a file on the worker, with its time and its stream; the kubelet reads
  that file when somebody asks for logs, and rotates it. Lines are followed by a nonce that the
  container makes itself, so that nothing else can have printed it.

  @claim_66_1
  Rule: One line can be followed from the API to the disk

    @serial
    Scenario Outline: A nonce is found in the API's answer, in the file and through the link on <worker>
      Given a running talker Pod on <worker>
      And the nonce that it has printed
      Then its file on the worker and the link to it hold the nonce
      And of all logs of all workers only its own holds it

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_66_2
  Rule: A stored line is time, stream, tag and text

    @serial
    Scenario Outline: Every line of a file of <worker> has the same four parts
      Given a running talker Pod on <worker>
      And the nonce that it has printed
      Then every stored line has a time, a stream, a tag and its text
      And both streams are among them, every line tagged as whole

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_66_3
  Rule: Lines over 16 KiB are cut in the file and joined again by the API

    @serial
    Scenario Outline: Lines at the limit, one over it and far over it on <worker>
      Given a running long-winded Pod on <worker>
      And its three lines are stored
      Then the stored pieces are of 16384, 16384, 1, 16384, 16384 and 7232 letters
      And the pieces that go on are tagged as parts
      And the API gives lines of 16384, 16385 and 40000 letters

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

    Scenario: A last line that no newline ends
      Given a running unended Pod
      And its whole line alone is stored
      When its process ends
      Then within 30 s its last line is stored too, tagged as a part

  @claim_66_4
  Rule: The API gives what was printed, and its options count

    @serial
    Scenario Outline: Text, times, last lines and bytes of a Pod on <worker>
      Given a running talker Pod on <worker>
      And the nonce that it has printed
      Then the API gives the texts of the file and nothing else
      And with times it gives the stored times
      And the last 3 lines and the first 100 bytes are exactly those
      And all are given since the second of the first, none since the second after the last
      But every API server refuses contradictory and impossible options with 422

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_66_5
  Rule: The container's log by name is a link, and goes with the Pod

    @serial
    Scenario Outline: A link on <worker> that ends in the container's ID
      Given a running talker Pod on <worker>
      And the nonce that it has printed
      Then the link is a link to the Pod's file and ends in the container's ID
      When the Pod is removed
      Then within 120 s neither the link nor the Pod's folder of logs is left

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |

  @claim_66_6
  Rule: Logs rotate at 10Mi, and five files are kept

    Scenario: The defaults of rotation
      Given the settings of every kubelet
      Then every kubelet is set to
        | setting                     | value |
        | containerLogMaxSize         | 10Mi  |
        | containerLogMaxFiles        | 5     |
        | containerLogMonitorInterval | 10s   |
        | containerLogMaxWorkers      | 1     |
      And every kubelet keeps the logs of Pods in "/var/log/pods"

  @claim_66_11
  Rule: The log of the instance before is kept, and only that

    @serial
    Scenario Outline: Two restarts on <worker>
      Given a running talker Pod on <worker>
      And the nonce that it has printed
      Then its previous log is refused with 400
      When its process ends and it prints another nonce
      Then within 30 s its previous log, the one file beside the current, holds the first nonce
      When its process ends and it prints another nonce
      Then within 120 s its previous log, the one file beside the current, holds the second nonce and no longer the first

      Examples:
        | worker   |
        | worker-0 |
        | worker-1 |
