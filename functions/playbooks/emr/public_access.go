// Package emr holds the playbooks for Amazon EMR.
package emr

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/emr"
	"github.com/aws/aws-sdk-go-v2/service/emr/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/kind"
)

// block is what keeps clusters off security groups that are open to everybody.
type block struct {
	BlockPublicSecurityGroupRules          bool
	PermittedPublicSecurityGroupRuleRanges map[string]ports // by what they are called, "22-22"
}

// ports are those that may be open all the same.
type ports struct {
	MinRange int32 `json:"_MinRange"`
	MaxRange int32 `json:"_MaxRange"`
}

// ssh is the one port that AWS lets be open.
const ssh = 22

// PublicAccess returns the control that has EMR start no cluster whose security groups are open to everybody.
func PublicAccess() []control.Control {
	return []control.Control{control.Of[block]{
		Info: control.Info{
			ID: "EMR.2",
			Effect: "EMR starts no cluster in this Region any more whose security group lets everybody in, but for SSH where " +
				"that was permitted. Clusters that run stay as they are. Look first whether pipelines start clusters with such " +
				"groups.",
			Fails: control.Fails{
				When: "EMR does not block public access in the Region, or permits it for other ports than 22.",
				Rule: "emr-block-public-access",
			},
			Impact:  control.ImpactNone,
			Pattern: regexp.MustCompile(`^AWS::::Account:(\d{12})$`),
			Actions: []string{
				"elasticmapreduce:GetBlockPublicAccessConfiguration", "elasticmapreduce:PutBlockPublicAccessConfiguration",
			},
			WholeAccount: true, // AWS limits the calls to no resource
			Lock:         func(env control.Env) []string { return []string{"emr/public-access/" + env.Target.Region} },
		},
		Read: readBlock, Want: wantBlock, Write: kind.Whole[block]{Read: readBlock, Put: putBlock}.Write,
	}.Control()}
}

func readBlock(ctx context.Context, env control.Env) (block, error) {
	out, err := emr.NewFromConfig(env.Config).GetBlockPublicAccessConfiguration(ctx,
		&emr.GetBlockPublicAccessConfigurationInput{})
	if err != nil {
		return block{}, err
	}
	const call = "GetBlockPublicAccessConfiguration"
	if out.BlockPublicAccessConfiguration == nil {
		return block{}, fault.New(fault.Invalid, "%s answered without a configuration", call)
	}
	on, err := kind.Answered(out.BlockPublicAccessConfiguration.BlockPublicSecurityGroupRules, call, "whether it blocks")
	now := block{on, map[string]ports{}}
	for _, r := range out.BlockPublicAccessConfiguration.PermittedPublicSecurityGroupRuleRanges {
		from := aws.ToInt32(r.MinRange)
		p := ports{from, from} // one port where there is no end
		if r.MaxRange != nil {
			p.MaxRange = *r.MaxRange
		}
		now.PermittedPublicSecurityGroupRuleRanges[fmt.Sprintf("%d-%d", p.MinRange, p.MaxRange)] = p
	}
	return now, err
}

func wantBlock(now block, _ control.Env) (block, error) {
	now.BlockPublicSecurityGroupRules = true
	maps.DeleteFunc(now.PermittedPublicSecurityGroupRuleRanges, func(_ string, p ports) bool {
		return p.MinRange != ssh || p.MaxRange != ssh
	})
	return now, nil
}

func putBlock(ctx context.Context, env control.Env, to block) error {
	in := &types.BlockPublicAccessConfiguration{BlockPublicSecurityGroupRules: &to.BlockPublicSecurityGroupRules}
	for _, name := range slices.Sorted(maps.Keys(to.PermittedPublicSecurityGroupRuleRanges)) {
		p := to.PermittedPublicSecurityGroupRuleRanges[name]
		in.PermittedPublicSecurityGroupRuleRanges = append(in.PermittedPublicSecurityGroupRuleRanges,
			types.PortRange{MinRange: &p.MinRange, MaxRange: &p.MaxRange})
	}
	_, err := emr.NewFromConfig(env.Config).PutBlockPublicAccessConfiguration(ctx,
		&emr.PutBlockPublicAccessConfigurationInput{BlockPublicAccessConfiguration: in})
	return err
}
