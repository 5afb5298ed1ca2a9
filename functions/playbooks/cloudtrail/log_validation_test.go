package cloudtrail_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/cloudtrail"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
)

func TestLogValidation(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.LogValidation()[0],
		Seed:    newTrail,
		Foreign: []string{
			"arn:aws:cloudtrail:us-east-1:222222222222:eventdatastore/11111111-2222-3333-4444-555555555555",
			"arn:aws:cloudtrail:us-east-1:222222222222:trail/*",
			"logs",
		},
		Observe:   func(ctx context.Context, t *testing.T, root aws.Config, id string) any { return look(ctx, t, root, id) },
		Unrelated: moveLogs,
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			// The lab deletes by name only.
			_, name, _ := strings.Cut(resource, ":trail/")
			_, err := cloudtrail.NewFromConfig(root).DeleteTrail(ctx, &cloudtrail.DeleteTrailInput{Name: &name})
			must(t, err)
		},
		Skip: map[string]string{playbooktest.CaseDrift: "the setting has two values: a third does not exist"},
	})
}

// newTrail is a trail that has everything set but validation.
func newTrail(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	name := "suite-" + strings.ToLower(rand.Text())
	_, err := s3.NewFromConfig(root, func(o *s3.Options) { o.UsePathStyle = true }).
		CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name})
	must(t, err)
	out, err := cloudtrail.NewFromConfig(root).CreateTrail(ctx, &cloudtrail.CreateTrailInput{
		Name: &name, S3BucketName: &name, S3KeyPrefix: aws.String("trails"),
		IsMultiRegionTrail: aws.Bool(true), IncludeGlobalServiceEvents: aws.Bool(true),
		KmsKeyId: aws.String("arn:aws:kms:us-east-1:222222222222:key/11111111-2222-3333-4444-555555555555"),
		TagsList: []types.Tag{{Key: aws.String("team"), Value: aws.String("ops")}},
	})
	must(t, err)
	return aws.ToString(out.TrailARN)
}

// moveLogs changes where the trail writes.
func moveLogs(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	_, err := cloudtrail.NewFromConfig(root).UpdateTrail(ctx, &cloudtrail.UpdateTrailInput{
		Name: &resource, S3KeyPrefix: aws.String("elsewhere"),
	})
	must(t, err)
}

// seen is what another client sees of a trail.
type seen struct {
	Validation, Global, MultiRegion bool
	Prefix, Key                     string
	Tags                            map[string]string
}

func look(ctx context.Context, t *testing.T, root aws.Config, resource string) seen {
	t.Helper()
	client := cloudtrail.NewFromConfig(root)
	out, err := client.GetTrail(ctx, &cloudtrail.GetTrailInput{Name: &resource})
	must(t, err)
	tags, err := client.ListTags(ctx, &cloudtrail.ListTagsInput{ResourceIdList: []string{resource}})
	must(t, err)
	s := seen{
		Validation:  aws.ToBool(out.Trail.LogFileValidationEnabled),
		Global:      aws.ToBool(out.Trail.IncludeGlobalServiceEvents),
		MultiRegion: aws.ToBool(out.Trail.IsMultiRegionTrail),
		Prefix:      aws.ToString(out.Trail.S3KeyPrefix), Key: aws.ToString(out.Trail.KmsKeyId),
		Tags: map[string]string{},
	}
	for _, tag := range tags.ResourceTagList[0].TagsList {
		s.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return s
}

// All other settings of a trail are as important as the one that is fixed.
func TestNothingElseChanges(t *testing.T) {
	c, root := playbook.LogValidation()[0], playbooktest.Root(t)
	resource := newTrail(t.Context(), t, root)
	want := look(t.Context(), t, root, resource)
	env := playbooktest.Env(t, c, resource)
	plan, err := c.Plan(t.Context(), env)
	must(t, err)
	must(t, c.Apply(t.Context(), env, plan))
	want.Validation = true
	if d := cmp.Diff(want, look(t.Context(), t, root, resource)); d != "" {
		t.Errorf("after the fix (-want +got):\n%s", d)
	}
}

// A trail of all Regions is listed in each of them, and AWS changes it in its own only.
func TestTrailOfAnotherRegion(t *testing.T) {
	c := playbook.LogValidation()[0]
	tests := map[string]struct {
		on   bool
		want fault.Class
	}{
		"not validated": {false, fault.Refused}, "validated": {true, fault.None},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := playbooktest.Env(t, c, newTrail(t.Context(), t, playbooktest.Root(t)))
			playbooktest.StandIn{"GetTrail": func(any) (any, error) {
				return &cloudtrail.GetTrailOutput{Trail: &types.Trail{
					HomeRegion: aws.String("eu-west-1"), LogFileValidationEnabled: aws.Bool(tc.on),
				}}, nil
			}}.AddTo(&env.Config)
			if _, err := c.Plan(t.Context(), env); fault.Of(err) != tc.want {
				t.Errorf("want an error of class %q, got %v", tc.want, err)
			} else if tc.want != fault.None && !strings.Contains(err.Error(), "eu-west-1") {
				t.Errorf("the reason does not say where to fix it: %v", err)
			}
		})
	}
}

// must fails the test when a call of the test's own does not succeed.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
