package s3_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/s3"
	"github.com/salve-security/salve/functions/playbooktest"
)

// The runbook runs in the lab, as the role of its family and with its rights alone.
func TestCloseBucket(t *testing.T) {
	playbooktest.Run(t, playbooktest.Suite{
		Control: playbook.CloseBucket()[0],
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			resource := newBucket(ctx, t, root)
			halfBlocked(ctx, t, root, resource)
			return resource
		},
		Foreign:   []string{"arn:aws:s3:::logs/key", "arn:aws:s3:::log*", "arn:aws:s3:::..", "arn:aws:s3:::a;b"},
		Observe:   observe,
		Disturb:   removeBlock,
		Unrelated: suspendVersions,
		Delete:    deleteBucket,
	})
}

// A bucket that never had a block gets none back.
func TestCloseBucketWithoutBlock(t *testing.T) {
	c, root := playbook.CloseBucket()[0], playbooktest.Root(t)
	resource := newBucket(t.Context(), t, root)
	before := observe(t.Context(), t, root, resource)
	env := playbooktest.Env(t, c, resource)
	playbooktest.Undo(t, c, env, playbooktest.Fix(t, c, env))
	after := observe(t.Context(), t, root, resource)
	if d := cmp.Diff(before, after, cmp.Exporter(func(reflect.Type) bool { return true })); d != "" {
		t.Errorf("(-before +after):\n%s", d)
	}
}
