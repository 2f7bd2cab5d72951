@article_63
Feature: Serving certificates are rotated in place
  The article replaces certificates file by file. Servers reload the files by themselves, so no restart
  is needed; what counts is the serial number in a handshake with the machine, not the file.

  @relies_on_every_worker
  Rule: A new certificate is served without a restart, for the same names

    Scenario Outline: <component> serves a new certificate, and the old one again
      Given the TLS port of <component>, its certificate and its process
      When the certificate and key of the port are replaced by newly issued ones
      Then within <limit> the port serves the new certificate, for the same names
      And the same port on every other machine serves the same certificate
      And the process of the port is the same
      When the old certificate and key are put back
      Then within <limit> the port serves the old certificate, for the same names

      @claim_63_14 @slow @changes_an_api_server
      Examples:
        | component     | limit |
        | an API server | 120 s |

      @claim_63_15 @changes_a_member
      Examples:
        | component        | limit |
        | a member of etcd | 10 s  |

      @claim_63_19 @slow @changes_worker_0 @since_1_36
      Examples:
        | component               | limit |
        | the kubelet of worker-0 | 120 s |

      @claim_63_19 @slow @changes_worker_1 @since_1_36
      Examples:
        | component               | limit |
        | the kubelet of worker-1 | 120 s |

    @claim_63_19 @slow @until_1_35
    Scenario Outline: <component> serves a new certificate only to clients that send its server name
      A client that dials by address, as API servers do, gets the old certificate before 1.36 (kubernetes#133654).
      Given the TLS port of <component>, its certificate and its process
      When the certificate and key of the port are replaced by newly issued ones
      Then within 120 s the port serves the new certificate to clients that send its server name
      And for 15 s the port serves the old certificate to clients that dial by address
      And the same port on every other machine serves the same certificate
      And the process of the port is the same
      When the old certificate and key are put back
      Then within 120 s the port serves the old certificate to clients that send its server name

      @changes_worker_0
      Examples:
        | component               |
        | the kubelet of worker-0 |

      @changes_worker_1
      Examples:
        | component               |
        | the kubelet of worker-1 |

    @claim_63_14 @slow @changes_an_api_server
    Scenario: A watch continues while its API server reloads its certificate
      Given the TLS port of an API server, its certificate and its process
      And a watch at the same API server
      When the certificate and key of the port are replaced by newly issued ones
      Then within 120 s the port serves the new certificate, for the same names
      And the open watch reports an object that is created
