package lab

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
)

// TestStaleAnswers: a write is done, and reads of the same thing show it later.
func TestStaleAnswers(t *testing.T) {
	l := fresh(t)
	client := l.S3(memberOne)
	for _, name := range []string{"late", "other"} {
		_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name})
		must(t, err)
	}
	version := func(bucket string) string {
		out, err := client.GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: &bucket})
		must(t, err)
		return string(out.Status)
	}
	must(t, l.Inject(Fault{Service: "s3", Operation: "GetBucketVersioning", Error: FaultStale, Count: 2}))
	got := []string{version("late")}
	for _, name := range []string{"late", "other"} {
		_, err := client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
			Bucket: aws.String(name), VersioningConfiguration: &types.VersioningConfiguration{Status: "Enabled"},
		})
		must(t, err)
	}
	for range 3 {
		got = append(got, version("late"))
	}
	if d := cmp.Diff([]string{"", "", "", "Enabled"}, got); d != "" {
		t.Error(d)
	}
	if v := version("other"); v != "Enabled" {
		t.Errorf("what was never read before is read as %q", v)
	}
	stale := 0
	for _, c := range l.Calls(0) {
		if c.Fault == FaultStale {
			stale++
		}
	}
	if stale != 2 {
		t.Errorf("the journal holds %d stale answers", stale)
	}
	must(t, l.Inject(Fault{Service: "s3", Operation: "GetBucketVersioning", Error: FaultStale}))
	version("late")
	l.ClearFaults()
	_, err := client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
		Bucket: aws.String("late"), VersioningConfiguration: &types.VersioningConfiguration{Status: "Suspended"},
	})
	must(t, err)
	if v := version("late"); v != "Suspended" {
		t.Errorf("after the fault it is read as %q", v)
	}
}
