package around_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/around"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/member"
	"github.com/salve-security/salve/internal/names"
)

func finder(cfg aws.Config, now func() time.Time) *around.Finder {
	return &around.Finder{Now: now, Sessions: member.Opener{Hub: cfg, Role: names.MemberRole}}
}

func TestTags(t *testing.T) {
	account := shared.Members()[0]
	client := shared.S3(account)
	for _, name := range []string{"tagged", "bare"} {
		if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := client.PutBucketTagging(t.Context(), &s3.PutBucketTaggingInput{
		Bucket: aws.String("tagged"), Tagging: &types.Tagging{TagSet: []types.Tag{
			{Key: aws.String("env"), Value: aws.String("dev")}, {Key: aws.String("empty"), Value: aws.String("")},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		account, resource string
		want              map[string]string
	}{
		"tagged":              {account, "arn:aws:s3:::tagged", map[string]string{"env": "dev", "empty": ""}},
		"has none":            {account, "arn:aws:s3:::bare", map[string]string{}},
		"of another account":  {shared.Members()[1], "arn:aws:s3:::tagged", map[string]string{}},
		"an account has none": {account, "AWS::::Account:" + account, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := finder(shared.Orchestrator(), time.Now).Tags(t.Context(), control.Target{
				Account: tt.account, Region: shared.Region(), Partition: "aws", Resource: tt.resource,
			}, "test")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTagsOfAnAccountWithoutTheRole: they can be known one day, so it is no answer.
func TestTagsOfAnAccountWithoutTheRole(t *testing.T) {
	got, err := finder(shared.Orchestrator(), time.Now).Tags(t.Context(), control.Target{
		Account: "444444444444", Region: shared.Region(), Partition: "aws", Resource: "arn:aws:s3:::tagged",
	}, "test")
	if fault.Of(err) != fault.NotOnboarded {
		t.Errorf("%v, %v, want class %s", got, err, fault.NotOnboarded)
	}
}
