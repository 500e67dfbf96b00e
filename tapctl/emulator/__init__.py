"""An AWS to run against where there is none: moto, corrected towards what AWS really does.

`process` starts and finds it as a background process, `inprocess` runs it inside a test. Importing this package, or
`process`, does not import moto, which is an extra.
"""

SPEED = 25  # times as fast as AWS, unless asked otherwise: slow enough to see states pass, fast enough to wait for
