package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/salve-security/salve/internal/fault"
)

// TestCauseOfADecision: what Salve decided is told in its own words alone; what AWS or a defect did is not taken
// for a decision.
func TestCauseOfADecision(t *testing.T) {
	tests := map[string]struct {
		err  error
		want string
	}{
		"denied by us": {fault.New(fault.Denied, "the hold forbids it"), "The hold forbids it."},
		"refused by us, on the way": {
			fmt.Errorf("decide CloudWatch.1: %w", fault.New(fault.Refused, "name a topic in the parameter topicArn")),
			"Name a topic in the parameter topicArn.",
		},
		"refused by us, wrapped": {
			fault.Wrap(fault.Refused, fmt.Errorf("read KMS.4: %w", fault.New(fault.Refused, "the key cannot rotate"))),
			"The key cannot rotate.",
		},
		"unproven": {
			fault.New(fault.Unverified, "a fresh read shows it, https://b.example/k?sig=ab"),
			"A fresh read shows it, https://b.example/k.",
		},
		"drifted, a name first": {fault.New(fault.Drifted, "logs-eu was changed"), "logs-eu was changed."},
		"refused by us for an answer": {
			fault.New(fault.Refused, "no: %w", answer("SQS", "GetQueue", "Odd", "what")), "SQS GetQueue failed: Odd, what.",
		},
		"refused by AWS": {
			fmt.Errorf("write S3.8: %w", fault.Wrap(fault.Refused, answer("S3", "PutBucketAcl", "Odd", "no"))),
			"S3 PutBucketAcl failed: Odd, no.",
		},
		"a defect in a control": {
			fmt.Errorf("write S3.8: %w", fmt.Errorf("read S3.8: %w", fault.New(fault.Invalid, "no bucket"))),
			"The step failed: no bucket.",
		},
		"words that are no label": {errors.New("read S3: no"), "The step failed: read S3: no."},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := fault.Cause(tc.err); got != tc.want {
				t.Errorf("Cause\n got %q\nwant %q", got, tc.want)
			}
		})
	}
}
