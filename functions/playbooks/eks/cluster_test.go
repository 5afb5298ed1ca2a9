package eks_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/eks"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

const clusters = "arn:aws:eks:us-east-1:222222222222:cluster/"

func name(resource string) *string { return aws.String(strings.TrimPrefix(resource, clusters)) }

func controls() []control.Control { return append(playbook.Endpoint(), playbook.AuditLog()...) }

// publicOnly is a cluster whose endpoint is public, and not private.
func publicOnly(ctx context.Context, t *testing.T, root aws.Config) string {
	t.Helper()
	return *playbooktest.Got(eks.NewFromConfig(root).CreateCluster(ctx, &eks.CreateClusterInput{
		Name: aws.String("suite-" + rand.Text()), RoleArn: aws.String("arn:aws:iam::222222222222:role/eks"),
		ResourcesVpcConfig: &types.VpcConfigRequest{
			EndpointPublicAccess:  aws.Bool(true),
			EndpointPrivateAccess: aws.Bool(false),
			PublicAccessCidrs:     []string{"0.0.0.0/0"}, // as EKS does where nobody says it, and the lab does not
			SubnetIds:             []string{"subnet-1", "subnet-2"},
		},
	}))(t).Cluster.Arn
}

// placed is a world whose clusters are in a VPC that answers private names: the lab says nothing of where they are.
func placed(t *testing.T) playbooktest.AWS {
	t.Helper()
	client := ec2.NewFromConfig(playbooktest.Root(t))
	in := &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")}
	vpc := playbooktest.Got(client.CreateVpc(t.Context(), in))(t).Vpc
	playbooktest.Got(client.ModifyVpcAttribute(t.Context(), &ec2.ModifyVpcAttributeInput{
		VpcId: vpc.VpcId, EnableDnsHostnames: &ec2types.AttributeBooleanValue{Value: aws.Bool(true)},
	}))(t)
	return playbooktest.Amended(playbooktest.World(t), func(_, out any) {
		if got, ok := out.(*eks.DescribeClusterOutput); ok {
			got.Cluster.ResourcesVpcConfig.VpcId = vpc.VpcId
		}
	})
}

func foreign() []string {
	return []string{clusters + "*", clusters + "a/b", clusters, "arn:aws:eks:us-east-1:222222222222:nodegroup/a/b/c"}
}

func look(ctx context.Context, t *testing.T, root aws.Config, resource string) *types.Cluster {
	t.Helper()
	return playbooktest.Got(eks.NewFromConfig(root).DescribeCluster(ctx, &eks.DescribeClusterInput{
		Name: name(resource),
	}))(t).Cluster
}

func tagged(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	playbooktest.Got(eks.NewFromConfig(root).TagResource(ctx, &eks.TagResourceInput{
		ResourceArn: &resource, Tags: map[string]string{"team": "shop"},
	}))(t)
}

func remove(ctx context.Context, t *testing.T, root aws.Config, resource string) {
	t.Helper()
	playbooktest.Got(eks.NewFromConfig(root).DeleteCluster(ctx, &eks.DeleteClusterInput{Name: name(resource)}))(t)
}

func TestClusters(t *testing.T) {
	world := placed(t)
	playbooktest.Family(t, controls(), func(c control.Control) playbooktest.Suite {
		suite := playbooktest.Suite{
			World: world, Control: c, Seed: publicOnly, Foreign: foreign(),
			Observe: func(ctx context.Context, t *testing.T, root aws.Config, resource string) any {
				t.Helper()
				now := look(ctx, t, root, resource)
				audit := false
				if now.Logging != nil {
					for _, l := range now.Logging.ClusterLogging {
						audit = audit || aws.ToBool(l.Enabled) && strings.Contains(string(l.Types[0]), "audit")
					}
				}
				seen := []any{
					now.ResourcesVpcConfig.EndpointPublicAccess, now.ResourcesVpcConfig.EndpointPrivateAccess, audit, now.Tags["team"],
				}
				if c.ID == "EKS.1" && now.ResourcesVpcConfig.EndpointPublicAccess { // the other's calls do not keep them in the lab
					seen = append(seen, now.ResourcesVpcConfig.PublicAccessCidrs)
				}
				return seen
			},
			Unrelated: tagged, Delete: remove,
			Skip: map[string]string{playbooktest.CaseDrift: "a log is on or off, and both are ours"},
		}
		if c.ID == "EKS.1" {
			suite.Skip = map[string]string{
				playbooktest.CaseFacts: "the fact says why nobody would find the private endpoint, and is read where that is off",
			}
			suite.Disturb = func(ctx context.Context, t *testing.T, root aws.Config, resource string) {
				t.Helper()
				playbooktest.Got(eks.NewFromConfig(root).UpdateClusterConfig(ctx, &eks.UpdateClusterConfigInput{
					Name: name(resource), ResourcesVpcConfig: &types.VpcConfigRequest{
						EndpointPublicAccess: aws.Bool(true), EndpointPrivateAccess: aws.Bool(true),
						PublicAccessCidrs: []string{"192.0.2.0/24"},
					},
				}))(t)
			}
		}
		return suite
	})
}

func answers(c types.Cluster) playbooktest.StandIn {
	return playbooktest.Answers(&eks.DescribeClusterOutput{Cluster: &c})
}

func at(public, private bool, ranges ...string) playbooktest.StandIn {
	s := answers(types.Cluster{ResourcesVpcConfig: &types.VpcConfigResponse{
		EndpointPublicAccess: public, EndpointPrivateAccess: private, PublicAccessCidrs: ranges, VpcId: aws.String("vpc-1"),
	}})
	s["DescribeVpcAttribute"] = named(true, true)
	return s
}

// named is a VPC with the settings that make it answer private names: DNS, and host names.
func named(support, hosts bool) func(any) (any, error) {
	return func(in any) (any, error) {
		if in.(*ec2.DescribeVpcAttributeInput).Attribute == ec2types.VpcAttributeNameEnableDnsSupport {
			return &ec2.DescribeVpcAttributeOutput{EnableDnsSupport: &ec2types.AttributeBooleanValue{Value: &support}}, nil
		}
		return &ec2.DescribeVpcAttributeOutput{EnableDnsHostnames: &ec2types.AttributeBooleanValue{Value: &hosts}}, nil
	}
}

// in is the same in a VPC of which EC2 answers so.
func in(s playbooktest.StandIn, vpc func(any) (any, error)) playbooktest.StandIn {
	s["DescribeVpcAttribute"] = vpc
	return s
}

// AWS fails a public endpoint for whatever ranges, and looks at no other: a cluster without any is left alone.
func TestLineOfEndpoints(t *testing.T) {
	c := playbook.Endpoint()[0]
	placeless := answers(types.Cluster{ResourcesVpcConfig: &types.VpcConfigResponse{EndpointPublicAccess: true}})
	gone := func(any) (any, error) { return nil, &smithy.GenericAPIError{Code: "InvalidVpcID.NotFound"} }
	unsaid := func(any) (any, error) { return &ec2.DescribeVpcAttributeOutput{}, nil }
	playbooktest.Judged(t, c, clusters+"shop", map[string]playbooktest.Shape{
		"without DNS": {
			Answers: in(at(true, false), named(false, true)), Class: fault.Refused, Words: []string{"enableDnsSupport", "vpc-1"},
		},
		"without host names": {
			Answers: in(at(true, false), named(true, false)), Class: fault.Refused, Words: []string{"enableDnsHostnames"},
		},
		"both, without DNS": {Answers: in(at(true, true), named(false, false)), Fails: true},
		"nowhere":           {Answers: placeless, Class: fault.Invalid},
		"in no VPC":         {Answers: in(at(true, false), gone), Class: fault.Refused},
		"in a quiet VPC":    {Answers: in(at(true, false), unsaid), Class: fault.Invalid},
		"public":            {Answers: at(true, false, "0.0.0.0/0"), Fails: true},
		"both":              {Answers: at(true, true, "0.0.0.0/0"), Fails: true},
		"for some":          {Answers: at(true, true, "192.0.2.0/24"), Fails: true}, "private": {Answers: at(false, true)},
		"none": {Answers: at(false, false)}, "no word": {Answers: answers(types.Cluster{}), Class: fault.Invalid},
		"connected": {
			Answers: answers(types.Cluster{ConnectorConfig: &types.ConnectorConfigResponse{}}), Class: fault.Refused,
		},
		"nothing": {Answers: playbooktest.Answers(&eks.DescribeClusterOutput{}), Class: fault.Invalid},
	})
	for ranges, left := range map[string]string{
		"0.0.0.0/0": "", "192.0.2.0/24": "  left alone: who comes from 192.0.2.0/24 is let in now, and cut off then\n",
	} {
		env := playbooktest.Env(t, c, clusters+"shop", playbooktest.Unplugged(), at(true, false, ranges))
		playbooktest.Planned(t, c, env,
			"  ~ EndpointPrivateAccess: false → true\n  ~ EndpointPublicAccess: true → false\n"+
				"  ~ PublicAccessCidrs: [\""+ranges+"\"] → none\n"+left)
	}
}

// Where nobody says whom a public endpoint lets in, EKS may let everybody in.
func TestUndoLetsInWhomItWas(t *testing.T) {
	c, sent := playbook.Endpoint()[0], [][]string{}
	is := &types.VpcConfigResponse{EndpointPublicAccess: true, VpcId: aws.String("vpc-1"), PublicAccessCidrs: []string{
		"198.51.100.0/24", "192.0.2.0/24",
	}}
	s := answers(types.Cluster{ResourcesVpcConfig: is})
	s["DescribeVpcAttribute"] = named(true, true)
	s["UpdateClusterConfig"] = func(in any) (any, error) {
		to := in.(*eks.UpdateClusterConfigInput).ResourcesVpcConfig
		sent = append(sent, to.PublicAccessCidrs)
		is.EndpointPublicAccess, is.EndpointPrivateAccess = *to.EndpointPublicAccess, *to.EndpointPrivateAccess
		is.PublicAccessCidrs = to.PublicAccessCidrs
		return &eks.UpdateClusterConfigOutput{}, nil
	}
	env := playbooktest.Env(t, c, clusters+"shop", playbooktest.Unplugged(), s)
	playbooktest.Undo(t, c, env, playbooktest.Fix(t, c, env))
	if d := cmp.Diff([][]string{nil, {"192.0.2.0/24", "198.51.100.0/24"}}, sent); d != "" {
		t.Error(d)
	}
}

func TestLineOfAuditLogs(t *testing.T) {
	logs := func(all ...types.LogSetup) playbooktest.StandIn {
		return answers(types.Cluster{Logging: &types.Logging{ClusterLogging: all}})
	}
	set := func(on bool, all ...types.LogType) types.LogSetup { return types.LogSetup{Enabled: &on, Types: all} }
	playbooktest.Judged(t, playbook.AuditLog()[0], clusters+"shop", map[string]playbooktest.Shape{
		"none": {Answers: answers(types.Cluster{}), Fails: true}, "empty": {Answers: logs(), Fails: true},
		"off":           {Answers: logs(set(false, "api", "audit")), Fails: true},
		"others":        {Answers: logs(set(true, "api"), set(false, "audit")), Fails: true},
		"on":            {Answers: logs(set(false, "api"), set(true, "audit"))},
		"on, beside":    {Answers: logs(set(true, "api", "audit"))},
		"not said":      {Answers: logs(types.LogSetup{Types: []types.LogType{"audit"}}), Fails: true},
		"authenticator": {Answers: logs(set(true, "authenticator")), Fails: true},
	})
}
