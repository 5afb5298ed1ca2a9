package playbooktest_test

import (
	"context"
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
)

// weighed is the state of a made-up control that adds to labels what it says of the bucket's versions.
type weighed struct {
	Labels   map[string]string
	Versions string `salve:"fact"`
}

// wrongs are what an author of a control with facts can get wrong.
type wrongs struct {
	writesFacts bool // as they were when it planned
	driftsOn    bool // them, too
}

func (w wrongs) control() control.Control {
	all := mistakes{info: func(i *control.Info) {
		i.Actions = append(i.Actions, "s3:GetBucketVersioning")
		if w.writesFacts {
			i.Actions = append(i.Actions, "s3:PutBucketVersioning")
		}
	}}
	return control.Of[weighed]{
		Info: all.control().Info,
		Read: func(ctx context.Context, env control.Env) (weighed, error) {
			now, err := all.read(ctx, env)
			if err != nil {
				return weighed{}, err
			}
			got, err := versions(ctx, env.Config, env.Target.Resource)
			return weighed{now.Labels, got}, err
		},
		Want: func(now weighed, env control.Env) (weighed, error) {
			to, err := want(labels{maps.Clone(now.Labels)}, env)
			return weighed{to.Labels, now.Versions}, err
		},
		Write: func(ctx context.Context, env control.Env, from, to weighed) error {
			got, err := versions(ctx, env.Config, env.Target.Resource)
			if err == nil && w.driftsOn && got != from.Versions {
				err = &control.DriftError{Path: "Versions", Now: got, Value: got}
			}
			if err == nil && w.writesFacts {
				err = setVersions(ctx, env.Config, env.Target.Resource, to.Versions)
			}
			if err != nil {
				return err
			}
			return all.write(ctx, env, labels{from.Labels}, labels{to.Labels})
		},
	}.Control()
}

func versions(ctx context.Context, cfg aws.Config, resource string) (string, error) {
	out, err := pathStyle(cfg).GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: bucket(resource)})
	if err != nil {
		return "", err
	}
	return string(out.Status), nil
}

func setVersions(ctx context.Context, cfg aws.Config, resource, status string) error {
	_, err := pathStyle(cfg).PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket:                  bucket(resource),
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatus(status)},
	})
	return err
}

// suite is the suite of the control; its buckets keep versions until somebody stops that.
func (w wrongs) suite() playbooktest.Suite {
	s := mistakes{}.suite(map[string]string{"team": "a"})
	s.Control = w.control()
	seed, observe := s.Seed, s.Observe
	s.Seed = func(ctx context.Context, t *testing.T, root aws.Config) string {
		t.Helper()
		resource := seed(ctx, t, root)
		playbooktest.Done(t, setVersions(ctx, root, resource, "Enabled"))
		return resource
	}
	s.Observe = func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
		t.Helper()
		return []any{playbooktest.Got(versions(ctx, root, resource))(t), observe(ctx, t, root, resource)}
	}
	s.DisturbFact = func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		playbooktest.Done(t, setVersions(ctx, root, resource, "Suspended"))
	}
	return s
}

// nothing is an Act that is none.
func nothing(context.Context, *testing.T, aws.Config, string) {}
