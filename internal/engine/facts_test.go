package engine_test

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/run"
)

// exposure is what S3.8 writes, with what else makes a bucket public.
type exposure struct {
	BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets *bool

	Policy bool `salve:"fact"` // there is one
}

// exposed is a control that is met by a block, or by a bucket without a policy:
// kin to S3.8, with a fact that only its own read knows.
func exposed(info control.Info, tried *error) control.Control {
	info.Actions = []string{"s3:GetBucketPolicy", "s3:PutBucketPolicy"}
	client := func(env control.Env) *s3.Client {
		return s3.NewFromConfig(env.Config, func(o *s3.Options) { o.UsePathStyle = true })
	}
	return control.Of[exposure]{
		Info: info,
		Read: func(ctx context.Context, env control.Env) (exposure, error) {
			name, _ := info.Name(env.Target)
			_, err := client(env).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &name})
			if err != nil && !fault.Unset(err) {
				return exposure{}, err
			}
			_, *tried = client(env).PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &name, Policy: aws.String("{}")})
			return exposure{Policy: err == nil}, nil
		},
		Want: func(now exposure, _ control.Env) (exposure, error) {
			if now.Policy && !aws.ToBool(now.RestrictPublicBuckets) {
				now.RestrictPublicBuckets = aws.Bool(true)
			}
			return now, nil
		},
		Write: func(context.Context, control.Env, exposure, exposure) error { return nil },
	}.Control()
}

// TestUndoAsksSiblingsForTheirFacts: what a sibling knows besides the state they
// share it reads itself, in a session that cannot write.
func TestUndoAsksSiblingsForTheirFacts(t *testing.T) {
	for name, tc := range map[string]struct {
		policy bool
		want   []string
	}{"with a policy": {true, []string{"S3.2"}}, "without": {false, nil}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.start(t)
			real, _ := p.Controls.Get("S3.8")
			sibling, _ := p.Controls.Get("S3.2")
			var tried error
			registry, err := control.NewRegistry(nil, real, exposed(sibling.Info, &tried))
			if err != nil {
				t.Fatal(err)
			}
			p.Controls = registry
			b, _, r := w.repaired(t, p, nil)
			if tc.policy {
				w.share(t, b)
			}
			preview, err := p.PreviewUndo(t.Context(), work.Takeback{Run: r.ID})
			if err != nil || !slices.Equal(preview.Unmet, tc.want) {
				t.Errorf("preview %+v, %v, want unmet %v", preview, err, tc.want)
			}
			if fault.Of(tried) != fault.Denied {
				t.Errorf("the sibling could write while it was only asked: %v", tried)
			}
			undo, err := p.Undo(t.Context(), r.ID, "alice")
			if err != nil || undo.Status != run.StatusUndone || !slices.Equal(undo.Unmet, tc.want) {
				t.Errorf("undo %+v, %v, want unmet %v", undo, err, tc.want)
			}
		})
	}
}
