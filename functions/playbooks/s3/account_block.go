package s3

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	controltypes "github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// mostBuckets is how many buckets a plan looks at: each costs three calls.
const mostBuckets = 100

// accountBlocked is the block of the account, and which buckets it would close.
type accountBlocked struct {
	publicAccess
	Public []string `salve:"fact"` // buckets that are open to the public now
	Hidden []string `salve:"fact"` // buckets of which that cannot be seen
	More   int      `salve:"fact"` // buckets that were not looked at
}

// AccountBlock returns the control that is met by blocking public access to all buckets of an account.
func AccountBlock() []control.Control {
	return []control.Control{control.Of[accountBlocked]{
		Info: control.Info{
			ID: "S3.1",
			Effect: "No bucket of the account is public any more, in any Region: websites, downloads and whatever else " +
				"strangers read or write without signing stops, and new buckets cannot be opened. Signed access by the account " +
				"and by named principals is untouched. Serve what has to be public by CloudFront first.",
			Fails: control.Fails{
				When: "The account has no public access block of its own, or one of the block's four settings is off. Blocks of " +
					"buckets do not count.",
				Rule: "s3-account-level-public-access-blocks-periodic",
			},
			Impact:  control.ImpactInterrupts,
			Pattern: regexp.MustCompile(`^AWS::::Account:(\d{12})$`),
			Actions: []string{
				"s3:GetAccountPublicAccessBlock", "s3:GetBucketAcl", "s3:GetBucketPolicyStatus",
				"s3:GetBucketPublicAccessBlock", "s3:ListAllMyBuckets", "s3:PutAccountPublicAccessBlock",
			},
			WholeAccount: true,
			Lock:         func(env control.Env) []string { return []string{env.Target.Resource + "/s3-public-access-block"} },
		},
		Read: readAccountBlock, Write: writeAccountBlock, Mentions: closedBuckets,
		Want: func(now accountBlocked, _ control.Env) (accountBlocked, error) {
			now.publicAccess = blocked(now.publicAccess)
			return now, nil
		},
	}.Control()}
}

func readAccountBlock(ctx context.Context, env control.Env) (now accountBlocked, err error) {
	if now.publicAccess, err = wholeAccountBlock(ctx, env); err != nil {
		return now, err
	}
	if complete(now.publicAccess) {
		return now, nil // nothing is left to be closed
	}
	return now, now.look(ctx, env)
}

// complete tells that all of a block is on.
func complete(block publicAccess) bool {
	return !slices.ContainsFunc(flags(&block), func(flag **bool) bool { return !aws.ToBool(*flag) })
}

// look finds the buckets that are public now, as far as a read can see.
func (now *accountBlocked) look(ctx context.Context, env control.Env) error {
	pages := s3.NewListBucketsPaginator(openBucket(env).client, &s3.ListBucketsInput{MaxBuckets: aws.Int32(1000)})
	looked := 0
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, each := range page.Buckets {
			if looked++; looked > mostBuckets {
				now.More++
				continue
			}
			name := aws.ToString(each.Name)
			public, err := bucketIn(env, name, aws.ToString(each.BucketRegion)).public(ctx)
			switch class := fault.Of(err); {
			case class == fault.Gone:
			case class == fault.Retry:
				return err
			case err != nil:
				now.Hidden = append(now.Hidden, name)
			case public:
				now.Public = append(now.Public, name)
			}
		}
	}
	return nil
}

// bucketIn is a bucket of the account in whatever Region.
func bucketIn(env control.Env, name, region string) bucket {
	env.Name, env.Config = name, env.Config.Copy()
	if region != "" {
		env.Config.Region = region
	}
	return openBucket(env)
}

// public tells that the bucket is open by its policy or its ACL, and does not block that itself.
func (b bucket) public(ctx context.Context) (bool, error) {
	block, err := b.block(ctx)
	if err != nil || complete(block) {
		return false, err
	}
	status, err := b.client.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner,
	})
	if err != nil && !fault.Unset(err) {
		return false, err
	}
	open := err == nil && status.PolicyStatus != nil && aws.ToBool(status.PolicyStatus.IsPublic)
	if open && !aws.ToBool(block.RestrictPublicBuckets) {
		return true, nil
	}
	grants, err := b.grants(ctx, []string{"READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"})
	return len(grants) > 0 && !aws.ToBool(block.IgnorePublicAcls), err
}

func closedBuckets(now accountBlocked) []string {
	if complete(now.publicAccess) {
		return nil
	}
	var out []string
	for what, names := range map[string][]string{
		"open to the public now, and closed then":           now.Public,
		"of which Salve cannot see whether they are public": now.Hidden,
	} {
		if len(names) > 0 {
			out = append(out, fmt.Sprintf("buckets %s: %s", what, strings.Join(names, ", ")))
		}
	}
	if now.More > 0 {
		out = append(out, fmt.Sprintf("%d more buckets were not looked at", now.More))
	}
	slices.Sort(out)
	return append(out, "objects that are public by an ACL of their own do not show here")
}

// wholeAccountBlock reads the account's own block.
func wholeAccountBlock(ctx context.Context, env control.Env) (publicAccess, error) {
	out, err := s3control.NewFromConfig(env.Config, ownEndpoint).GetPublicAccessBlock(ctx,
		&s3control.GetPublicAccessBlockInput{AccountId: aws.String(env.Target.Account)})
	if fault.Unset(err) || err == nil && out.PublicAccessBlockConfiguration == nil {
		return publicAccess{}, nil
	}
	if err != nil {
		return publicAccess{}, err
	}
	block := out.PublicAccessBlockConfiguration
	flag := func(is *bool) *bool { return aws.Bool(aws.ToBool(is)) } // as of a bucket
	return publicAccess{
		BlockPublicAcls: flag(block.BlockPublicAcls), IgnorePublicAcls: flag(block.IgnorePublicAcls),
		BlockPublicPolicy: flag(block.BlockPublicPolicy), RestrictPublicBuckets: flag(block.RestrictPublicBuckets),
	}, nil
}

func writeAccountBlock(ctx context.Context, env control.Env, _, to accountBlocked) error {
	client, account := s3control.NewFromConfig(env.Config, ownEndpoint), aws.String(env.Target.Account)
	if to.publicAccess == (publicAccess{}) {
		_, err := client.DeletePublicAccessBlock(ctx, &s3control.DeletePublicAccessBlockInput{AccountId: account})
		return err
	}
	_, err := client.PutPublicAccessBlock(ctx, &s3control.PutPublicAccessBlockInput{
		AccountId: account, PublicAccessBlockConfiguration: &controltypes.PublicAccessBlockConfiguration{
			BlockPublicAcls: to.BlockPublicAcls, IgnorePublicAcls: to.IgnorePublicAcls,
			BlockPublicPolicy: to.BlockPublicPolicy, RestrictPublicBuckets: to.RestrictPublicBuckets,
		},
	})
	return err
}
