// Package stage puts Salve into a lab as people deploy it into AWS: the real
// program in a zip, the real templates through CloudFormation.
package stage

import (
	"context"
	"fmt"
	"runtime"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"

	"github.com/salve-security/salve/deploy"
	"github.com/salve-security/salve/internal/hub"
	"github.com/salve-security/salve/internal/lab"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/release"
)

// Options say how the hub is deployed.
type Options struct {
	Program []byte        // the function, built for this machine
	Digest  time.Duration // how long successes are collected before people are told
	Chat    bool          // with the topic for chats
}

// stack names; the member role's own denials rely on the prefix.
const (
	hubStack    = "salve-hub"
	memberStack = "salve-member"
	codeKey     = "salve.zip"
)

// Deploy brings the hub stack and a member stack per account, the hub
// included, into the lab, and returns the hub stack's outputs.
func Deploy(ctx context.Context, l *lab.Lab, o Options) (map[string]string, error) {
	code, err := release.Zip(o.Program)
	if err != nil {
		return nil, err
	}
	if err := l.Upload(ctx, codeKey, code); err != nil {
		return nil, fmt.Errorf("upload function: %w", err)
	}
	outputs, err := l.Deploy(ctx, lab.Stack{
		Name: hubStack, Account: l.Hub(), Region: l.Region(), Template: deploy.Hub(),
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
		Parameters: map[string]string{
			"CodeBucket": l.ArtifactBucket(), "CodeKey": codeKey, "Architecture": architecture(),
			// The emulator never satisfies aws:ResourceOrgID; the template's tests hold that statement.
			"OrgId": l.OrgID(), "RestrictToOrg": "false",
			"OperatorPrincipals":        "arn:aws:iam::" + l.Hub() + ":root,arn:aws:iam::*:role/people/operator-*",
			"LimitedOperatorPrincipals": "arn:aws:iam::*:role/people/limited-*",
			"LimitedOperatorAccounts":   firstOf(l.Members(), l.Hub()),
			"DigestSeconds":             strconv.Itoa(int(o.Digest / time.Second)),
			"ChatByHand":                strconv.FormatBool(o.Chat),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("deploy hub: %w", err)
	}
	if err := makeActions(ctx, securityhub.NewFromConfig(l.Config(l.Hub(), l.Region()))); err != nil {
		return nil, err
	}
	for _, account := range append(l.Members(), l.Hub()) {
		_, err := l.Deploy(ctx, lab.Stack{
			Name: memberStack, Account: account, Region: l.Region(), Template: deploy.Member(),
			Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
			Parameters: map[string]string{
				"OrchestratorRoleArn": outputs["OrchestratorRoleArn"], "OrgId": l.OrgID(),
			},
		})
		if err != nil {
			return nil, fmt.Errorf("deploy member %s: %w", account, err)
		}
	}
	return outputs, nil
}

// makeActions is what salve actions create does: in most Regions a stack cannot.
func makeActions(ctx context.Context, client *securityhub.Client) error {
	all, err := hub.Actions(ctx, client)
	for i := 0; err == nil && i < len(all); i++ {
		err = all[i].Make(ctx, client)
	}
	if err != nil {
		return fmt.Errorf("make the custom actions: %w", err)
	}
	return nil
}

// firstOf is the first account, or the other one where there is none.
func firstOf(accounts []string, other string) string {
	return append(accounts, other)[0]
}

// LetIn lets the hub's root work as the function's role, which only Lambda may in a deployment: tests and measurements
// stand in the function's place.
func LetIn(ctx context.Context, l *lab.Lab) error {
	client := iam.NewFromConfig(l.Config(l.Hub(), l.Region()))
	_, err := client.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
		RoleName: aws.String(names.FunctionRole), PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[` +
			`{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"},` +
			`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + l.Hub() + `:root"},` +
			`"Action":["sts:AssumeRole","sts:SetSourceIdentity"]}]}`),
	})
	if err != nil {
		return fmt.Errorf("let the hub's root work as %s: %w", names.FunctionRole, err)
	}
	return nil
}

// Env is the environment that the command line needs to work with the hub.
func Env(outputs map[string]string) map[string]string {
	return map[string]string{
		names.EnvTable: outputs["TableName"], names.EnvNowQueueURL: outputs["NowQueueUrl"],
		names.EnvBulkQueueURL: outputs["BulkQueueUrl"],
		names.EnvApprovalsURL: outputs["ApprovalsQueueUrl"],
		names.EnvDeadQueueURL: outputs["DeadQueueUrl"], names.EnvNoticesTopic: outputs["NoticesTopicArn"],
		names.EnvAuditLogGroup: outputs["AuditLogGroup"], names.EnvMemberRole: outputs["MemberRoleName"],
		names.EnvActionARN: outputs["ActionArn"],
	}
}

func architecture() string {
	if runtime.GOARCH == "arm64" {
		return "arm64"
	}
	return "x86_64"
}

// Outputs returns the outputs of the hub stack that is deployed where cfg points.
func Outputs(ctx context.Context, cfg aws.Config) (map[string]string, error) {
	name := hubStack
	client := cloudformation.NewFromConfig(cfg)
	out, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil {
		return nil, fmt.Errorf("find the hub stack %s: %w", name, err)
	}
	outputs := map[string]string{}
	for _, stack := range out.Stacks {
		for _, o := range stack.Outputs {
			outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
		}
	}
	return outputs, nil
}
