package labtest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	hubtypes "github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/salve-security/salve/internal/engine"
)

// TestBucketOfAnotherAccount: the ARN of a bucket does not say whose it is. A
// finding of one member that names the bucket of another must not change it.
func TestBucketOfAnotherAccount(t *testing.T) {
	w := newWorld(t)
	mine := w.member
	w.member = w.Members()[1]
	b := w.bucket(t, block(false, false, false, false))
	spec := w.spec(b)
	spec.Account = mine
	id := w.report(t, spec)
	p := w.start(t)
	for _, m := range []engine.Message{w.imported(t, id), w.click(t, id)} {
		p.handle(t, m)
	}
	w.flagged(t, b, block(false, false, false, false))
	if n := w.puts(b); n > 0 {
		t.Errorf("%d writes to the bucket of account %s", n, w.member)
	}
	if _, err := w.S3(w.member).HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: &b}); err != nil {
		t.Error(err)
	}
	w.shows(t, id, hubtypes.WorkflowStatusNotified, "denied", "Nothing was changed")
}
