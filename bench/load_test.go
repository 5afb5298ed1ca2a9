package main

import "testing"

func TestVerified(t *testing.T) {
	const printed = `{"level":"info","message":"started"}
{"Control":"S3.8","Verified":9,"_aws":{"Timestamp":1}}
{"audit":{"event":"finished"},"Verified":100}
not JSON
{"Control":"S3.2","Compliant":2,"_aws":{"Timestamp":1}}
{"Control":"S3.2","Verified":1,"_aws":{"Timestamp":1}}
`
	if got := verified([]byte(printed)); got != 10 {
		t.Errorf("%d, want 10", got)
	}
}
