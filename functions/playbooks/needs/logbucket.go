// Package needs holds what changes of several services need first, such as a bucket for logs. What is made passes
// Salve's own controls, stays when the change is taken back, and is made once, whoever asks first.
package needs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
	"github.com/salve-security/salve/internal/policydoc"
)

// Bucket is a bucket for logs, by its name: there or not.
type Bucket struct {
	Name string `json:"_Name"`
}

// Writer is a service of AWS that writes logs into a bucket.
type Writer struct {
	Service string   // "cloudtrail.amazonaws.com"
	Purpose string   // in the name of the bucket that is made: "cloudtrail"
	Looks   []string // what it may ask of the bucket itself: "s3:GetBucketAcl"
	Puts    string   // where it puts objects, "AWSLogs/ACCOUNT/*", with ACCOUNT for the account
	Source  string   // for what it acts, as an ARN behind the partition with ACCOUNT in it; empty: for the account
	OwnACL  bool     // it gives the objects to the bucket's owner, and says so
}

// ParamBucket is the parameter with the bucket that logs go to.
const ParamBucket = "bucketName"

// BucketParam is the parameter with the bucket for the logs of what.
func (w Writer) BucketParam(what string) control.Param {
	return NamedBucket("Bucket for " + what + ", which lets " + w.Service + " write; empty for " + w.Purpose +
		"-logs-ACCOUNT-REGION, which Salve makes where it is not there.")
}

// NamedBucket is the parameter with a bucket, where people name one.
func NamedBucket(meaning string) control.Param {
	return control.Param{
		Name: ParamBucket, Meaning: meaning, Default: "", Pattern: bucketForm, Form: "the name of a bucket, or nothing",
	}
}

// Bucket is the name of the bucket to write to, and whether it is one that Salve makes. It does not begin as what is
// Salve's own, which the member role never touches.
func (w Writer) Bucket(env control.Env) (name string, own bool) {
	if named := env.Params.Text(ParamBucket); named != "" {
		return named, false
	}
	return strings.Join([]string{w.Purpose, "logs", env.Target.Account, env.Target.Region}, "-"), true
}

// BucketARN is what a session that may make the bucket has to reach.
func (w Writer) BucketARN(env control.Env) string {
	name, _ := w.Bucket(env)
	return "arn:" + env.Target.Partition + ":s3:::" + name
}

// BucketActions are the actions of Ensure and Found.
func BucketActions() []string {
	return []string{"s3:CreateBucket", "s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock"}
}

// LeftBuckets is why undo leaves buckets, for OneWay.
const LeftBuckets = "it holds logs"

// Found are the buckets that Salve makes and that are there, and why the service cannot write to the one that it is
// to write to. That is no error: it matters only where a log has to be made.
func (w Writer) Found(ctx context.Context, env control.Env) (there map[string]Bucket, trouble string, err error) {
	name, own := w.Bucket(env)
	there = map[string]Bucket{}
	switch ready, err := w.ready(ctx, env, name); {
	case fault.Of(err) == fault.Refused:
		return there, err.Error(), nil
	case err != nil:
		return there, "", err
	case ready && own:
		there[name] = Bucket{Name: name}
	}
	return there, "", nil
}

// Wanted is the name of the bucket to write to. One that Salve makes is among those that are to be there from then on.
func (w Writer) Wanted(env control.Env, there map[string]Bucket) string {
	name, own := w.Bucket(env)
	if own {
		there[name] = Bucket{Name: name}
	}
	return name
}

// ready tells whether the bucket is there and lets the service write. One that is there and does not is refused, with
// what a person can do; unless it has no policy at all and the name of Salve's own: a run was ended while making it.
func (w Writer) ready(ctx context.Context, env control.Env, name string) (bool, error) {
	out, err := client(env).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{
		Bucket: &name, ExpectedBucketOwner: &env.Target.Account,
	})
	_, own := w.Bucket(env)
	switch {
	case own && (fault.Of(err) == fault.Gone || fault.Unset(err)):
		return false, nil
	case fault.Of(err) == fault.Gone:
		return false, fault.New(fault.Refused, "make the bucket %s, or name another one in the parameter %s: it is not there",
			name, ParamBucket)
	case fault.Of(err) == fault.Denied && fault.Denier(err) == "": // no policy of ours: S3 says no more of others' buckets
		return false, fault.New(fault.Refused, "name a bucket of this account in the parameter %s: the bucket %s belongs to "+
			"somebody else, or its policy lets Salve not look: %w", ParamBucket, name, err)
	case err != nil && !fault.Unset(err):
		return false, err
	}
	if err == nil && w.let(aws.ToString(out.Policy)) {
		return true, nil
	}
	return false, fault.New(fault.Refused, "let %s put objects into the bucket %s by its policy, or name another in "+
		"the parameter %s", w.Service, name, ParamBucket)
}

// let tells that a policy may let the service write. Conditions and prefixes are the service's to check: it refuses
// what does not fit.
func (w Writer) let(policy string) bool {
	document, err := policydoc.Read(policy)
	if err != nil {
		return false
	}
	all, err := document.Statements()
	for _, s := range all {
		if err == nil && s.MayLet(w.Service, "s3:PutObject") {
			return true
		}
	}
	return false
}

// Ensure makes the bucket: closed to the public, for TLS only, encrypted as S3 does it, and open to nobody but the
// service, on behalf of the account. The policy comes last, so that a bucket that has one is whole.
func (w Writer) Ensure() kind.Ensure[Bucket] {
	return kind.Ensure[Bucket]{
		There: func(ctx context.Context, env control.Env, name string, _ Bucket) (bool, error) {
			return w.ready(ctx, env, name)
		},
		Make: func(ctx context.Context, env control.Env, name string, _ Bucket) error {
			policy, err := w.policy(env, name)
			if err != nil {
				return err
			}
			if err := create(ctx, env, name); err != nil {
				return err
			}
			on, owner := aws.Bool(true), &env.Target.Account
			_, err = client(env).PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
				Bucket: &name, ExpectedBucketOwner: owner, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
					BlockPublicAcls: on, IgnorePublicAcls: on, BlockPublicPolicy: on, RestrictPublicBuckets: on,
				},
			})
			if err != nil {
				return err
			}
			_, err = client(env).PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
				Bucket: &name, ExpectedBucketOwner: owner, Policy: &policy,
			})
			return err
		},
	}
}

// create makes an empty bucket in the run's Region. One of the account's own that is there already is as good.
func create(ctx context.Context, env control.Env, name string) error {
	in := &s3.CreateBucketInput{Bucket: &name}
	if env.Target.Region != "us-east-1" { // S3 takes no constraint for it
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{
			LocationConstraint: types.BucketLocationConstraint(env.Target.Region),
		}
	}
	_, err := client(env).CreateBucket(ctx, in)
	if ours := new(types.BucketAlreadyOwnedByYou); errors.As(err, &ours) {
		return nil
	}
	if others := new(types.BucketAlreadyExists); errors.As(err, &others) {
		return fault.New(fault.Refused, "name a bucket of this account in the parameter %s: somebody else has the bucket %s",
			ParamBucket, name)
	}
	return err
}

// policy is that of the bucket.
func (w Writer) policy(env control.Env, name string) (string, error) {
	arn := "arn:" + env.Target.Partition + ":s3:::" + name
	fill := func(text string) string { return strings.ReplaceAll(text, "ACCOUNT", env.Target.Account) }
	ours := map[string]any{"StringEquals": map[string]string{"aws:SourceAccount": env.Target.Account}}
	if w.Source != "" {
		source := "arn:" + env.Target.Partition + ":" + fill(w.Source)
		ours = map[string]any{"ArnLike": map[string]string{"aws:SourceArn": source}}
	}
	put := maps.Clone(ours)
	if w.OwnACL {
		equals, _ := ours["StringEquals"].(map[string]string)
		put["StringEquals"] = with(equals, "s3:x-amz-acl", "bucket-owner-full-control")
	}
	statements := []map[string]any{{
		"Sid": "RequireTLS", "Effect": "Deny", "Principal": map[string]string{"AWS": "*"}, "Action": "s3:*",
		"Resource":  []string{arn, arn + "/*"},
		"Condition": map[string]any{"Bool": map[string]string{"aws:SecureTransport": "false"}},
	}, {
		"Sid": "Write", "Effect": "Allow", "Principal": map[string]string{"Service": w.Service}, "Action": "s3:PutObject",
		"Resource": arn + "/" + fill(w.Puts), "Condition": put,
	}}
	if len(w.Looks) > 0 {
		statements = append(statements, map[string]any{
			"Sid": "Look", "Effect": "Allow", "Principal": map[string]string{"Service": w.Service}, "Action": w.Looks,
			"Resource": arn, "Condition": ours,
		})
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		return "", fmt.Errorf("write the policy of the bucket %s: %w", name, err)
	}
	return string(text), nil
}

func with(all map[string]string, key, value string) map[string]string {
	out := map[string]string{key: value}
	maps.Copy(out, all)
	return out
}

// client reaches buckets; an endpoint of one's own has no name per bucket.
func client(env control.Env) *s3.Client {
	return s3.NewFromConfig(env.Config, func(o *s3.Options) { o.UsePathStyle = env.Config.BaseEndpoint != nil })
}
