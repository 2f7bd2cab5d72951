@article_63
Feature: Serving certificates are rotated in place
  The article replaces certificates file by file. Servers look at their files by themselves, so no restart
  is needed; what counts is the serial that a handshake with that machine shows, not the file.

  @disruptive
  Rule: A new certificate is served without a restart, for the same names

    Scenario Outline: <component> serves a new certificate, and the old one again
      Given the TLS port of <component>, what it serves and its process
      When its certificate and key are replaced by newly issued ones
      Then within <limit> it serves the new certificate, for the same names
      And the same port of every other machine serves what it served
      And its process is the same
      When the old ones are put back
      Then within <limit> it serves the old certificate again

      @claim_63_14 @slow
      Examples:
        | component     | limit |
        | an API server | 120 s |

      @claim_63_15
      Examples:
        | component        | limit |
        | a member of etcd | 10 s  |

      @claim_63_19 @slow
      Examples:
        | component | limit |
        | a kubelet | 120 s |

    @claim_63_14 @slow
    Scenario: A watch goes on while its API server takes up a new certificate
      Given the TLS port of an API server, what it serves and its process
      And a watch at that API server
      When its certificate and key are replaced by newly issued ones
      Then within 120 s it serves the new certificate, for the same names
      And the watch that was open goes on and tells of what is made
