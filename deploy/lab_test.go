package deploy_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/lab/stage"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/policy"
)

// deployed is a lab with the templates of this package in it, as people deploy them.
type deployed struct {
	*lab.Lab
	outputs map[string]string
}

// startLab is a lab with the program to deploy in it, and nothing else.
func startLab(t *testing.T) deployed {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	l, err := lab.Start(ctx, lab.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatalf("start the lab: %v", err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := l.Upload(ctx, "salve.zip", idleProgram(t)); err != nil {
		t.Fatal(err)
	}
	return deployed{Lab: l}
}

func deployAll(t *testing.T) deployed {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	d := startLab(t)
	l := d.Lab
	d.outputs = d.stack(ctx, t, "salve-hub", l.Hub(), deploy.Hub(), map[string]string{
		"CodeBucket": l.ArtifactBucket(), "CodeKey": "salve.zip", "OrgId": l.OrgID(), "RestrictToOrg": "false",
		"CustomActions":             "ByTemplate",
		"OperatorPrincipals":        "arn:aws:iam::" + l.Hub() + ":root,arn:aws:iam::*:role/people/*Ops_*",
		"LimitedOperatorPrincipals": "arn:aws:iam::*:role/people/*Web_*",
		"LimitedOperatorAccounts":   l.Members()[0],
		"NoticeEmail":               "team@example.org",
	})
	if err := stage.LetIn(ctx, l); err != nil {
		t.Fatal(err)
	}
	for _, account := range append(l.Members(), l.Hub()) {
		d.stack(ctx, t, "salve-member", account, deploy.Member(), map[string]string{
			"OrchestratorRoleArn": d.outputs["OrchestratorRoleArn"], "OrgId": l.OrgID(),
			"CodeBucket": "programs-of-the-hub", "InstanceProfile": "Made", "EvaluateAgain": "Allowed",
		})
	}
	return d
}

func (d deployed) stack(
	ctx context.Context, t *testing.T, name, account, template string, parameters map[string]string,
) map[string]string {
	t.Helper()
	outputs, err := d.Deploy(ctx, lab.Stack{
		Name: name, Account: account, Region: d.Region(), Template: template, Parameters: parameters,
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	})
	if err != nil {
		t.Fatal(err)
	}
	return outputs
}

// idleProgram is a zip with a program that ends at once: the templates are tried here, not the orchestrator.
func idleProgram(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	header := &zip.FileHeader{Name: "bootstrap"}
	header.SetMode(0o755)
	f, err := w.CreateHeader(header)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("#!/bin/sh\nexit 1\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// as is a configuration with the role's credentials, narrowed by a session policy when one is given.
func (d deployed) as(from aws.Config, account, role, narrow string) aws.Config {
	cfg := from.Copy()
	arn := "arn:aws:iam::" + account + ":role/" + role
	cfg.Credentials = stscreds.NewAssumeRoleProvider(sts.NewFromConfig(from), arn, func(o *stscreds.AssumeRoleOptions) {
		o.RoleSessionName = "template-test"
		if narrow != "" {
			o.Policy = aws.String(narrow)
		}
	})
	return cfg
}

func wantDenied(t *testing.T, what string, err error) {
	t.Helper()
	var api smithy.APIError
	codes := []string{"AccessDenied", "AccessDeniedException", "AuthorizationError"} // the last is what SNS says
	if !errors.As(err, &api) || !slices.Contains(codes, api.ErrorCode()) {
		t.Errorf("%s: want it denied, got %v", what, err)
	}
}

func wantAllowed(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// TestDeployed deploys both templates into the lab, where IAM is enforced, and tries the rights they give.
func TestDeployed(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a lab")
	}
	d := deployAll(t)
	root := d.Config(d.Hub(), d.Region())
	orchestrator := d.as(root, d.Hub(), names.FunctionRole, "")
	t.Run("outputs", func(t *testing.T) {
		for name := range maps.Keys(object(t, fullHub(t).tree, "Outputs")) {
			if d.outputs[name] == "" {
				t.Errorf("%s is empty", name)
			}
		}
	})
	t.Run("orchestrator", func(t *testing.T) { d.tryOrchestrator(t, orchestrator) })
	t.Run("member", func(t *testing.T) { d.tryMember(t, orchestrator) })
	t.Run("instance profile", func(t *testing.T) { d.tryInstanceProfile(t) })
	t.Run("operators", func(t *testing.T) { d.tryOperators(t, root) })
	t.Run("own controls", func(t *testing.T) { d.tryOwnControls(t, root) })
	t.Run("hub as member", func(t *testing.T) { d.tryHubAsMember(t, orchestrator) })
	t.Run("pattern", func(t *testing.T) { tryPattern(t, root) })
}

func (d deployed) tryOrchestrator(t *testing.T, cfg aws.Config) {
	ctx := t.Context()
	for _, queue := range []string{"NowQueueUrl", "BulkQueueUrl", "DeadQueueUrl"} {
		_, err := sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{
			QueueUrl: aws.String(d.outputs[queue]), MessageBody: aws.String("{}"),
		})
		wantAllowed(t, "send to "+queue, err)
	}
	publish := func(topic string) error {
		_, err := sns.NewFromConfig(cfg).Publish(ctx, &sns.PublishInput{
			TopicArn: &topic, Message: aws.String("hello"),
		})
		return err
	}
	wantAllowed(t, "publish to the notices", publish(d.outputs["NoticesTopicArn"]))
	// This stack has no chat. A shell knows its name alone, and hears from SNS, not from IAM, that it is not there.
	chat := "arn:aws:sns:" + d.Region() + ":" + d.Hub() + ":" + names.ChatTopic
	if err := publish(chat); fault.Of(err) != fault.Gone {
		t.Errorf("publish to a chat that is not there: %v", err)
	}
	_, err := iam.NewFromConfig(cfg).CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("mallory")})
	wantDenied(t, "create a user in the hub", err)
}

func (d deployed) tryMember(t *testing.T, orchestrator aws.Config) {
	ctx := t.Context()
	member := d.Members()[0]
	for _, name := range []string{"ours", "other"} {
		_, err := d.S3(member).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(name + "-" + member)})
		wantAllowed(t, "create a bucket as root", err)
	}
	narrow, err := policy.Session([]string{"s3:GetBucketPublicAccessBlock"},
		[]string{"arn:aws:s3:::ours-" + member}, member, d.Region())
	if err != nil {
		t.Fatal(err)
	}
	session := s3.NewFromConfig(d.as(orchestrator, member, names.MemberRole, narrow), lab.PathStyle)
	_, err = session.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: aws.String("ours-" + member)})
	if !fault.Unset(err) {
		t.Errorf("read the bucket of the run: got %v, want the answer that nothing is set", err)
	}
	_, err = session.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: aws.String("other-" + member)})
	wantDenied(t, "read another bucket", err)
	_, err = session.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: aws.String("ours-" + member)})
	wantDenied(t, "an action that the run's control does not declare", err)

	whole := d.as(orchestrator, member, names.MemberRole, "")
	_, err = iam.NewFromConfig(whole).CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("mallory")})
	wantDenied(t, "create a user in the member", err)
	tryTopics(t, whole, "arn:aws:sns:"+d.Region()+":"+member)
	stranger := d.as(d.Config(d.Members()[1], d.Region()), member, names.MemberRole, "")
	_, err = stranger.Credentials.Retrieve(ctx)
	wantDenied(t, "enter from another account", err)
}

// tryTopics: one topic of the account may be made and subscribed to, whatever session the role is entered with.
func tryTopics(t *testing.T, whole aws.Config, topics string) {
	t.Helper()
	client := sns.NewFromConfig(whole)
	for name, want := range map[string]func(*testing.T, string, error){"cis-alarms": wantAllowed, "theirs": wantDenied} {
		_, err := client.CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String(name)})
		want(t, "make the topic "+name, err)
		_, err = client.Subscribe(t.Context(), &sns.SubscribeInput{
			TopicArn: aws.String(topics + ":" + name), Protocol: aws.String("email"), Endpoint: aws.String("ann@example.org"),
		})
		want(t, "subscribe to the topic "+name, err)
	}
}
