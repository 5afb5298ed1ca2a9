package deploy_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/audit"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine"
	"github.com/salve-security/salve/internal/engine/work"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/run"
	"github.com/salve-security/salve/internal/wire"
	"github.com/salve-security/salve/playbooks"
)

// hasOwn is what an account has before Salve comes, of its own.
type hasOwn struct{ boundary, topic, key, subnet, group string }

// own makes it. What the policies of topic and key must say is a matter of tests on the template: the lab asks neither.
func (d deployed) own(t *testing.T, account string) hasOwn {
	t.Helper()
	ctx, cfg := t.Context(), d.Config(account, d.Region())
	policy, err := iam.NewFromConfig(cfg).CreatePolicy(ctx, &iam.CreatePolicyInput{
		PolicyName: aws.String("boundary"), PolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	out := hasOwn{boundary: *policy.Policy.Arn}
	topic, err := sns.NewFromConfig(cfg).CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("team")})
	if err != nil {
		t.Fatal(err)
	}
	key, err := kms.NewFromConfig(cfg).CreateKey(ctx, &kms.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	out.topic, out.key = *topic.TopicArn, *key.KeyMetadata.Arn
	client := ec2.NewFromConfig(cfg)
	vpc, err := client.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	subnet, err := client.CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId: vpc.Vpc.VpcId, CidrBlock: aws.String("10.9.1.0/24"),
	})
	if err != nil {
		t.Fatal(err)
	}
	group, err := client.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: aws.String("salve"), Description: aws.String("Salve"), VpcId: vpc.Vpc.VpcId,
	})
	if err != nil {
		t.Fatal(err)
	}
	out.subnet, out.group = *subnet.Subnet.SubnetId, *group.GroupId
	return out
}

// TestDeployedAsAnAccountAsks deploys hub and member with every parameter about names, roles, topic, key, logs and
// network set at once, and has the engine fix a bucket under it. The lab's CloudFormation takes boundaries and VPCs,
// and forgets them: TestEveryRoleHasTheBoundary and TestFunctionInAVPC hold what it is told.
func TestDeployedAsAnAccountAsks(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a lab")
	}
	d := startLab(t)
	ctx, member := t.Context(), d.Members()[0]
	hub, theirs := d.own(t, d.Hub()), d.own(t, member)
	d.outputs = d.stack(ctx, t, "acme-salve-hub", d.Hub(), deploy.Hub(), map[string]string{
		"CodeBucket": d.ArtifactBucket(), "CodeKey": "salve.zip", "OrgId": d.OrgID(), "RestrictToOrg": "false",
		"OperatorPrincipals": "arn:aws:iam::" + d.Hub() + ":root",
		"NamePrefix":         acme().Prefix, "RolePath": acme().Path, "PermissionsBoundaryArn": hub.boundary,
		"NoticesTopicArn": hub.topic, "KmsKeyArn": hub.key, "AuditRetentionDays": "731",
		"SubnetIds": hub.subnet, "SecurityGroupIds": hub.group,
	})
	d.stack(ctx, t, "acme-salve-member", member, deploy.Member(), map[string]string{
		"OrchestratorRoleArn": d.outputs["OrchestratorRoleArn"], "OrgId": d.OrgID(),
		"NamePrefix": acme().Prefix, "RolePath": acme().Path, "PermissionsBoundaryArn": theirs.boundary,
		"InstanceProfile": "Made", "FlowLogsRole": "Made",
	})
	t.Run("function", func(t *testing.T) { d.wantFunction(t, hub) })
	t.Run("roles", func(t *testing.T) {
		d.wantRole(t, d.Hub(), names.FunctionRole)
		d.wantRole(t, member, names.MemberRole)
	})
	t.Run("alarms", func(t *testing.T) {
		out, err := cloudwatch.NewFromConfig(d.Config(d.Hub(), d.Region())).
			DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{
				AlarmNames: []string{acme().Name("salve-errors")},
			})
		if err != nil || len(out.MetricAlarms) != 1 || out.MetricAlarms[0].AlarmActions[0] != hub.topic {
			t.Errorf("%+v, %v", out, err)
		}
	})
	t.Run("fix", func(t *testing.T) { d.fixes(ctx, t, member) })
}

func (d deployed) wantFunction(t *testing.T, has hasOwn) {
	out, err := lambda.NewFromConfig(d.Config(d.Hub(), d.Region())).GetFunctionConfiguration(t.Context(),
		&lambda.GetFunctionConfigurationInput{FunctionName: aws.String(acme().Name(names.Function))})
	if err != nil {
		t.Fatal(err)
	}
	env := out.Environment.Variables
	for name, want := range map[string]string{
		names.EnvPrefix: acme().Prefix, names.EnvRolePath: acme().Path, names.EnvNoticesTopic: has.topic,
		names.EnvTable: acme().Name(names.Table), names.EnvAuditLogGroup: acme().LogGroup(names.AuditLogGroup),
	} {
		if env[name] != want {
			t.Errorf("the function's %s is %q, want %q", name, env[name], want)
		}
	}
}

func (d deployed) wantRole(t *testing.T, account, name string) {
	out, err := iam.NewFromConfig(d.Config(account, d.Region())).GetRole(t.Context(), &iam.GetRoleInput{
		RoleName: aws.String(acme().Name(name)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := aws.ToString(out.Role.Arn), "arn:aws:iam::"+account+":"+acme().Role(name); got != want {
		t.Errorf("the role is %s, want %s", got, want)
	}
}

// fixes brings a bucket of the member under a control, as a person with a shell does: by the names that follow from
// prefix and path, as the role of operators.
func (d deployed) fixes(ctx context.Context, t *testing.T, member string) {
	bucket := "open-" + member
	if _, err := d.S3(member).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	root := d.Config(d.Hub(), d.Region())
	place := wire.Place{Partition: "aws", Account: d.Hub(), Region: d.Region(), Endpoint: d.Endpoint()}
	shell := map[string]string{
		names.EnvPrefix: acme().Prefix, names.EnvRolePath: acme().Path, names.EnvNoticesTopic: d.outputs["NoticesTopicArn"],
	}
	settings, err := wire.At(ctx, place, func(name string) string { return shell[name] })
	if err != nil {
		t.Fatal(err)
	}
	cfg := root.Copy()
	cfg.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(root),
		"arn:aws:iam::"+d.Hub()+":"+acme().Role(names.OperatorRole)))
	controls, err := registry()
	if err != nil {
		t.Fatal(err)
	}
	standards, err := playbooks.Load()
	if err != nil {
		t.Fatal(err)
	}
	known := wire.Known{Controls: controls, Standards: standards}
	silent := func(context.Context, audit.Line) {}
	r, err := engine.New(wire.Ports(known, cfg, settings, run.NewID(time.Now()), silent)).Apply(ctx, work.Request{
		Control: "S3.8", Actor: "ann", Scope: d.Region(), Target: control.Target{
			Account: member, Region: d.Region(), Partition: "aws", Resource: "arn:aws:s3:::" + bucket,
		},
	})
	if err != nil || r.Status != run.StatusVerified {
		t.Fatalf("%+v, %v", r, err)
	}
	block, err := d.S3(member).GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &bucket})
	if err != nil || !aws.ToBool(block.PublicAccessBlockConfiguration.BlockPublicAcls) {
		t.Errorf("the bucket is open: %+v, %v", block, err)
	}
}
