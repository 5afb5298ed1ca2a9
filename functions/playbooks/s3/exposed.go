package s3

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	endpoints "github.com/aws/smithy-go/endpoints"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/policydoc"
)

// exposed is a bucket's block, and what else decides whether strangers get in.
type exposed struct {
	publicAccess
	// ByACL are the grants that give anybody the access, "AllUsers READ"; AWS leaves out those that a block ignores.
	ByACL []string `salve:"fact"`
	// ByPolicy are the Sids of the statements that do, as Salve reads the policy, and Doubtful those of which a denial
	// takes back a part, which may be this one.
	ByPolicy []string `salve:"fact"`
	Doubtful []string `salve:"fact"`
	// Public tells that a statement lets anybody in, for whatever, as Salve reads the policy; Status what AWS says.
	Public bool `salve:"fact"`
	Status bool `salve:"fact"`
	// Ignores and Restricts are the account's own block. It is looked at only where ACL or policy are for anybody.
	Ignores   bool `salve:"fact"`
	Restricts bool `salve:"fact"`
}

// opening is a way in which a bucket can be open to the public.
type opening struct {
	id, access, rule string
	permissions      []string   // of an ACL
	actions          [][]string // of a policy, as patterns: any of the groups is enough
}

func openTo(id, access, rule string, actions ...string) opening {
	verb := strings.ToUpper(access)
	return opening{id, access, rule, []string{verb, verb + "_ACP", "FULL_CONTROL"}, [][]string{actions}}
}

// either is an opening of one kind or another, by logic of Security Hub's own.
func either(id string, a, b opening) opening {
	return opening{
		id, a.access + " or " + b.access, "",
		slices.Concat(a.permissions, b.permissions), slices.Concat(a.actions, b.actions),
	}
}

func (o opening) control() control.Control {
	info := blockInfo(o.id, control.Fails{
		When: "The bucket policy lets anybody " + o.access + ", which no denial takes back as a whole, and no block, of " +
			"the bucket or the account, restricts public buckets; or the ACL lets everybody, or all who have an AWS account, " +
			"and no block ignores public ACLs. Who is named by a fixed value is not anybody. Salve refuses where a denial " +
			"takes back a part, or on a condition. A bucket that nobody outside reaches passes without a block.",
		Rule: o.rule, Custom: o.rule == "",
	})
	info.Actions = append(info.Actions, "s3:GetAccountPublicAccessBlock", "s3:GetBucketAcl", "s3:GetBucketPolicy",
		"s3:GetBucketPolicyStatus")
	return control.Of[exposed]{
		Info: info,
		Read: o.read,
		Want: o.want,
		Write: func(ctx context.Context, env control.Env, from, to exposed) error {
			return writePublicAccess(ctx, env, from.publicAccess, to.publicAccess)
		},
	}.Control()
}

func (o opening) read(ctx context.Context, env control.Env) (now exposed, err error) {
	b := openBucket(env)
	if now.publicAccess, err = b.block(ctx); err != nil {
		return now, err
	}
	if now.ByACL, err = b.grants(ctx, o.permissions); err != nil {
		return now, err
	}
	if err := o.readPolicy(ctx, b, &now); err != nil {
		return now, err
	}
	if len(now.ByACL) == 0 && !now.byPolicy() {
		return now, nil
	}
	now.Ignores, now.Restricts, err = accountBlock(ctx, env)
	return now, err
}

// acl tells that the ACL opens the bucket.
func (e exposed) acl() bool {
	return len(e.ByACL) > 0 && !aws.ToBool(e.IgnorePublicAcls) && !e.Ignores
}

// byPolicy tells that the policy may be for anybody: as Salve reads it, or because AWS sees what Salve does not.
func (e exposed) byPolicy() bool { return len(e.ByPolicy)+len(e.Doubtful) > 0 || e.Status && !e.Public }

// policy tells that the policy may open the bucket.
func (e exposed) policy() bool {
	return e.byPolicy() && !aws.ToBool(e.RestrictPublicBuckets) && !e.Restricts
}

// want sets the whole block where strangers get in. Whether a policy is public is for AWS to say; where it says
// another thing than the statements do to Salve, nobody knows what Security Hub would say.
func (o opening) want(now exposed, _ control.Env) (exposed, error) {
	switch {
	case now.acl(), now.policy() && now.Status && len(now.ByPolicy) > 0:
		now.publicAccess = blocked(now.publicAccess)
	case now.policy() && now.Status && now.Public:
		return now, fault.New(fault.Refused, "the bucket policy lets anybody in (%s) and denies a part of that again, so "+
			"that nobody knows whether AWS Config sees anybody %s: read the policy, and set the block by S3.8 if nobody "+
			"should be let in", strings.Join(now.Doubtful, ", "), o.access)
	case now.policy() && now.Status:
		return now, fault.New(fault.Refused, "AWS calls the bucket policy public, and Salve cannot see who is let in: read "+
			"the policy, and set the block by S3.8 if nobody should be")
	case now.policy():
		return now, fault.New(fault.Refused, "the bucket policy seems to let anybody in (%s), and AWS says that it is not "+
			"public: read the policy, and set the block by S3.8 if nobody should be",
			strings.Join(slices.Concat(now.ByPolicy, now.Doubtful), ", "))
	}
	return now, nil
}

// grants are those of the permissions that the ACL gives to groups in which anybody is.
func (b bucket) grants(ctx context.Context, permissions []string) ([]string, error) {
	return b.granted(ctx, permissions, "/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
}

// readPolicy fills in what the policy says and what AWS says of it.
func (o opening) readPolicy(ctx context.Context, b bucket, now *exposed) error {
	doc, err := b.policy(ctx)
	if err != nil || doc.Empty() {
		return err
	}
	all, err := doc.Statements()
	if err != nil {
		return fault.New(fault.Refused, "the bucket policy has a statement that Salve cannot read: %w", err)
	}
	o.judge(now, all)
	out, err := b.client.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{
		Bucket: b.name, ExpectedBucketOwner: b.owner,
	})
	if err != nil && !fault.Unset(err) {
		return err
	}
	if err == nil && out.PolicyStatus != nil {
		now.Status = aws.ToBool(out.PolicyStatus.IsPublic)
	}
	return nil
}

// judge sorts the statements that let anybody in.
func (o opening) judge(now *exposed, all []policydoc.Statement) {
	for _, s := range all {
		if !policydoc.S3Public().In(s) {
			continue
		}
		now.Public = true
		open, doubtful := false, false
		for _, kinds := range o.actions {
			switch wholly, partly := policydoc.Shut(all, s, kinds...); {
			case wholly || !s.MayDo(kinds...):
			case partly:
				doubtful = true
			default:
				open = true
			}
		}
		switch {
		case open:
			now.ByPolicy = append(now.ByPolicy, sidOf(s))
		case doubtful:
			now.Doubtful = append(now.Doubtful, sidOf(s))
		}
	}
}

func sidOf(s policydoc.Statement) string {
	if s.Sid == "" {
		return "a statement without a Sid"
	}
	return "statement " + s.Sid
}

// asIs is an endpoint of one's own, such as a VPC endpoint by address: it has no name per account.
type asIs string

// ResolveEndpoint leaves the account out of the host, where AWS's own endpoints have it.
func (e asIs) ResolveEndpoint(context.Context, s3control.EndpointParameters) (endpoints.Endpoint, error) {
	u, err := url.Parse(string(e))
	if err != nil {
		return endpoints.Endpoint{}, fault.New(fault.Invalid, "the endpoint %q is no address: %w", string(e), err)
	}
	return endpoints.Endpoint{URI: *u}, nil
}

func ownEndpoint(o *s3control.Options) {
	if o.BaseEndpoint != nil {
		o.EndpointResolverV2 = asIs(*o.BaseEndpoint)
	}
}

// accountBlock reads the two flags of the account's own block that work on what is there already.
func accountBlock(ctx context.Context, env control.Env) (ignores, restricts bool, err error) {
	block, err := wholeAccountBlock(ctx, env)
	return aws.ToBool(block.IgnorePublicAcls), aws.ToBool(block.RestrictPublicBuckets), err
}
