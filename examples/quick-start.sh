#!/usr/bin/env bash
# The first five minutes with the `oci` command: a stream, two messages, and back.
#
#   examples/quick-start.sh <OCI config file> <endpoint> <compartment OCID>
set -euo pipefail
CONFIG=$1 ENDPOINT=$2 COMPARTMENT=$3

# region quick-start
export OCI_CLI_CONFIG_FILE=$CONFIG OCI_CLI_ENDPOINT=$ENDPOINT

STREAM=$(oci streaming admin stream create --compartment-id "$COMPARTMENT" --name greetings-sh --partitions 1 \
  --query data.id --raw-output)
oci streaming stream message put --stream-id "$STREAM" --messages '[{"value": "aGVsbG8="}, {"value": "d29ybGQ="}]'
CURSOR=$(oci streaming stream cursor create-cursor --stream-id "$STREAM" --partition 0 --type TRIM_HORIZON \
  --query data.value --raw-output)
oci streaming stream message get --stream-id "$STREAM" --cursor "$CURSOR"
# endregion quick-start
