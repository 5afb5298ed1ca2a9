package playbooktest_test

import (
	"context"
	"crypto/rand"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// labels is the state of a made-up control: buckets should have the label owner.
type labels struct{ Labels map[string]string }

// mistakes are what an author of a control can get wrong.
type mistakes struct {
	info            func(*control.Info)
	swallowsErrors  bool // of writes
	losesOthers     bool // writes only its own label
	cannotRemove    bool // so undo does nothing
	takesGoneForNew bool
	callsMore       bool // than it declares
	plansByWriting  bool
	readsOnce       bool // and writes what it planned, over what came in between
}

func (m mistakes) control() control.Control {
	info := control.Info{
		ID: "Salve.Labels", Title: "Buckets should have an owner", Resources: []string{"AwsS3Bucket"}, Effect: "None.",
		Severity: control.SeverityLow, Impact: control.ImpactNone,
		Pattern: regexp.MustCompile(`^arn:aws[a-z-]*:s3:::([a-z0-9-]+)$`),
		Actions: []string{"s3:GetBucketTagging", "s3:PutBucketTagging"},
	}
	if m.info != nil {
		m.info(&info)
	}
	return control.Of[labels]{Info: info, Read: m.read, Want: want, Write: m.write}.Control()
}

func want(now labels, _ control.Env) (labels, error) {
	now.Labels["owner"] = "us"
	return now, nil
}

func (m mistakes) read(ctx context.Context, env control.Env) (labels, error) {
	client := pathStyle(env.Config)
	if m.callsMore {
		_, _ = client.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: bucket(env.Target.Resource)})
	}
	got, err := readLabels(ctx, client, env.Target.Resource)
	if m.plansByWriting && err == nil {
		err = writeLabels(ctx, client, env.Target.Resource, got)
	}
	if m.takesGoneForNew && fault.Of(err) == fault.Gone {
		return labels{}, nil
	}
	return labels{got}, err
}

func (m mistakes) write(ctx context.Context, env control.Env, from, to labels) error {
	if m.readsOnce {
		return m.put(ctx, env, to)
	}
	return kind.Whole[labels]{Read: m.read, Put: m.put}.Write(ctx, env, from, to)
}

func (m mistakes) put(ctx context.Context, env control.Env, to labels) error {
	if m.cannotRemove && to.Labels["owner"] == "" {
		return nil
	}
	if m.losesOthers {
		to.Labels = map[string]string{"owner": to.Labels["owner"]}
	}
	err := writeLabels(ctx, pathStyle(env.Config), env.Target.Resource, to.Labels)
	if m.swallowsErrors {
		return nil
	}
	return err
}

func pathStyle(cfg aws.Config) *s3.Client {
	return s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
}

func bucket(resource string) *string {
	return aws.String(strings.TrimPrefix(resource, "arn:aws:s3:::"))
}

func readLabels(ctx context.Context, client *s3.Client, resource string) (map[string]string, error) {
	out, err := client.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: bucket(resource)})
	if fault.Unset(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	got := map[string]string{}
	for _, tag := range out.TagSet {
		got[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return got, nil
}

func writeLabels(ctx context.Context, client *s3.Client, resource string, all map[string]string) error {
	if len(all) == 0 {
		_, err := client.DeleteBucketTagging(ctx, &s3.DeleteBucketTaggingInput{Bucket: bucket(resource)})
		return err
	}
	var set []types.Tag
	for k, v := range all {
		set = append(set, types.Tag{Key: aws.String(k), Value: aws.String(v)})
	}
	_, err := client.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{
		Bucket: bucket(resource), Tagging: &types.Tagging{TagSet: set},
	})
	return err
}

// label is an Act that sets one label and keeps the others.
func label(key, value string) playbooktest.Act {
	return func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
		t.Helper()
		all, err := readLabels(ctx, pathStyle(root), resource)
		if err != nil {
			t.Fatal(err)
		}
		if all == nil {
			all = map[string]string{}
		}
		all[key] = value
		if err := writeLabels(ctx, pathStyle(root), resource, all); err != nil {
			t.Fatal(err)
		}
	}
}

// suite is the suite of the control with the mistakes; its buckets start with the labels.
func (m mistakes) suite(start map[string]string) playbooktest.Suite {
	return playbooktest.Suite{
		Control: m.control(),
		Seed: func(ctx context.Context, t *testing.T, root aws.Config) string {
			t.Helper()
			resource := "arn:aws:s3:::labels-" + strings.ToLower(rand.Text())
			_, err := pathStyle(root).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket(resource)})
			if err == nil && len(start) > 0 {
				err = writeLabels(ctx, pathStyle(root), resource, start)
			}
			if err != nil {
				t.Fatal(err)
			}
			return resource
		},
		Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
			t.Helper()
			all, err := readLabels(ctx, pathStyle(root), resource)
			if err != nil {
				t.Fatal(err)
			}
			return all
		},
		Disturb:   label("owner", "them"),
		Unrelated: label("stage", "test"),
		Delete: func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
			t.Helper()
			if _, err := pathStyle(root).DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: bucket(resource)}); err != nil {
				t.Fatal(err)
			}
		},
	}
}
