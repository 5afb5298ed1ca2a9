package s3_test

import (
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	controltypes "github.com/aws/aws-sdk-go-v2/service/s3control/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	playbook "github.com/salve-security/salve/functions/playbooks/s3"
	"github.com/salve-security/salve/functions/playbooktest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/lab"
)

// sight is what AWS answers about a bucket, and what S3.2 and S3.3 say to it.
type sight struct {
	block   *types.PublicAccessBlockConfiguration
	account *controltypes.PublicAccessBlockConfiguration
	policy  string // its statements; empty for no policy
	public  bool   // as AWS says of the policy
	grants  []types.Grant
	read    verdict
	write   verdict
}

type verdict string

const (
	passes  verdict = "" // nothing is changed
	fails   verdict = "fails"
	refused verdict = "refused"
)

const (
	owner    = "http://acs.amazonaws.com/groups/"
	all      = owner + "global/AllUsers"
	signedIn = owner + "global/AuthenticatedUsers"
	everyone = `{"Effect":"Allow","Principal":"*",`
	reads    = `"Action":"s3:GetObject","Resource":"BUCKET/*"}`
	writes   = `"Action":"s3:PutObject","Resource":"BUCKET/*"}`
	partner  = `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::333333333333:root"},`
)

func grant(uri string, permissions ...types.Permission) []types.Grant {
	var out []types.Grant
	for _, p := range permissions {
		out = append(out, types.Grant{Grantee: &types.Grantee{Type: types.TypeGroup, URI: &uri}, Permission: p})
	}
	return out
}

// to grants everything to somebody.
func to(somebody types.Grantee) []types.Grant {
	return []types.Grant{{Grantee: &somebody, Permission: types.PermissionFullControl}}
}

// by is everybody's statement to read with conditions.
func by(conditions string) string {
	return everyone + `"Condition":{` + conditions + `},` + reads
}

func ignoring() *types.PublicAccessBlockConfiguration {
	return &types.PublicAccessBlockConfiguration{IgnorePublicAcls: aws.Bool(true)}
}

func restricting() *types.PublicAccessBlockConfiguration {
	return &types.PublicAccessBlockConfiguration{RestrictPublicBuckets: aws.Bool(true)}
}

// rejecting is a block that keeps new ways from being opened and leaves those open that are.
func rejecting() *types.PublicAccessBlockConfiguration {
	return &types.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true)}
}

// byPolicy are buckets whose policy is for anybody.
func byPolicy() map[string]sight {
	public := func(policy string, read, write verdict) sight {
		return sight{policy: policy, public: true, read: read, write: write}
	}
	return map[string]sight{
		"anybody reads":     public(everyone+reads, fails, passes),
		"anybody writes":    public(everyone+writes, passes, fails),
		"anybody does all":  public(everyone+`"Action":"*","Resource":"*"}`, fails, fails),
		"anybody, of a map": public(`{"Effect":"Allow","Principal":{"AWS":"*"},`+reads, fails, passes),
		"anybody, of a list": public(
			`{"Effect":"Allow","Principal":{"AWS":["333333333333","*"]},`+reads, fails, passes,
		),
		"a part of an account": public(
			`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::*:root"},`+reads, fails, passes,
		),
		"anybody but one":        public(`{"Effect":"Allow","NotPrincipal":{"AWS":"333333333333"},`+reads, fails, passes),
		"anybody lists":          public(everyone+`"Action":["s3:ListBucket"],"Resource":"BUCKET"}`, fails, passes),
		"by a part of an action": public(everyone+`"Action":"s3:*Object","Resource":"BUCKET/*"}`, fails, fails),
		"in capitals":            public(everyone+`"Action":"S3:GETOBJECT","Resource":"BUCKET/*"}`, fails, passes),
		"all but reading": public(
			everyone+`"NotAction":["s3:Get*","s3:List*"],"Resource":"BUCKET/*"}`, passes, fails,
		),
		"all but deleting":  public(everyone+`"NotAction":"s3:Delete*","Resource":"BUCKET/*"}`, fails, fails),
		"anybody deletes":   public(everyone+`"Action":"s3:DeleteObject","Resource":"BUCKET/*"}`, passes, fails),
		"the last of three": public(partner+reads+`,`+partner+writes+`,`+everyone+reads, fails, passes),
		"an identity provider": public(
			`{"Effect":"Allow","Principal":{"Federated":"graph.facebook.com"},`+reads, fails, passes,
		),
		"networks by a pattern": public(by(`"StringLike":{"aws:SourceVpc":"vpc-*"}`), fails, passes),
		"half the addresses":    public(by(`"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}`), fails, passes),
		"a referer":             public(by(`"StringLike":{"aws:Referer":"https://example.com/"}`), fails, passes),
		"an account by a variable": public(
			by(`"StringEquals":{"aws:SourceAccount":"${aws:PrincipalAccount}"}`), fails, passes,
		),
		"rejecting new ones": {block: rejecting(), policy: everyone + reads, public: true, read: fails},
		"ignoring ACLs":      {block: ignoring(), policy: everyone + reads, public: true, read: fails},
		"the account ignores ACLs": {
			account: &controltypes.PublicAccessBlockConfiguration{IgnorePublicAcls: aws.Bool(true)},
			policy:  everyone + reads, public: true, read: fails,
		},
	}
}

// withoutPublic are buckets whose policy is for nobody else, or restricted, or not what AWS takes it for.
func withoutPublic() map[string]sight {
	closed := func(policy string) sight { return sight{policy: policy} }
	return map[string]sight{
		"no policy":           {},
		"an account":          closed(partner + reads),
		"a service":           closed(`{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},` + writes),
		"a canonical user":    closed(`{"Effect":"Allow","Principal":{"CanonicalUser":"79a59df900b949e5"},` + reads),
		"denials only":        closed(`{"Effect":"Deny","Principal":"*",` + reads),
		"an organization":     closed(by(`"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}`)),
		"some addresses":      closed(by(`"IpAddress":{"aws:SourceIp":["192.0.2.0/24","2001:db8::/32"]}`)),
		"a network":           closed(by(`"StringEquals":{"aws:SourceVpce":"vpce-1a2b3c4d"}`)),
		"a source":            closed(by(`"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:222222222222:t"}`)),
		"an account's source": closed(by(`"StringEquals":{"AWS:SOURCEACCOUNT":["222222222222"]}`)),
		"access points": closed(
			by(`"StringLike":{"s3:DataAccessPointArn":"arn:aws:s3:us-east-1:222222222222:accesspoint/*"}`)),
		"neither reads nor puts": {policy: everyone + `"Action":"s3:ReplicateObject","Resource":"BUCKET/*"}`, public: true},
		"restricted":             {block: restricting(), policy: everyone + reads, public: true},
		"restricted by the account": {
			account: &controltypes.PublicAccessBlockConfiguration{RestrictPublicBuckets: aws.Bool(true)},
			policy:  everyone + reads, public: true,
		},

		// Where AWS says another thing than the statements do, nobody knows what Security Hub would say.
		"a denial beside it": {
			policy: everyone + reads + `,{"Effect":"Deny","Principal":"*","Condition":{"StringNotEquals":` +
				`{"aws:SourceVpce":"vpce-1a2b3c4d"}},` + reads, read: refused,
		},
		"AWS sees more":             {policy: partner + reads, public: true, read: refused, write: refused},
		"AWS sees more, restricted": {block: restricting(), policy: partner + reads, public: true},
		"a statement of no kind":    {policy: `{"Effect":"Perhaps","Principal":"*"}`, read: refused, write: refused},
	}
}

// byACL are buckets by what their ACL grants.
func byACL() map[string]sight {
	const full, acp = types.PermissionFullControl, types.PermissionReadAcp
	return map[string]sight{
		"all read":            {grants: grant(all, types.PermissionRead), read: fails},
		"all write":           {grants: grant(all, types.PermissionWrite), write: fails},
		"all in full":         {grants: grant(all, full), read: fails, write: fails},
		"the signed in read":  {grants: grant(signedIn, types.PermissionRead), read: fails},
		"the ACL is readable": {grants: grant(all, acp), read: fails},
		"the ACL is writable": {grants: grant(signedIn, types.PermissionWriteAcp), write: fails},
		"both, one after one": {grants: grant(all, types.PermissionRead, types.PermissionWrite), read: fails, write: fails},
		"a group without kind": {
			grants: []types.Grant{{Grantee: &types.Grantee{URI: aws.String(all)}, Permission: full}}, read: fails, write: fails,
		},
		"of another partition": {
			grants: grant("http://acs.amazonaws.com.cn/groups/global/AllUsers", types.PermissionRead), read: fails,
		},
		"new ones are rejected": {block: rejecting(), grants: grant(all, types.PermissionRead), read: fails},
		"buckets are restricted": {
			block: restricting(), grants: grant(all, types.PermissionRead), read: fails,
		},
		"an unclear policy beside it": {
			grants: grant(all, types.PermissionRead), policy: `{"Effect":"Allow","Principal":{"AWS":"333333333333"},` + reads,
			public: true, read: fails, write: refused,
		},

		"no grants":  {},
		"no grantee": {grants: []types.Grant{{Permission: full}}},
		"the owner": {
			grants: to(types.Grantee{Type: types.TypeCanonicalUser, ID: aws.String("79a5")}),
		},
		"another account": {
			grants: to(types.Grantee{Type: types.TypeAmazonCustomerByEmail, EmailAddress: aws.String("AllUsers")}),
		},
		"log delivery":        {grants: grant(owner+"s3/LogDelivery", types.PermissionWrite, acp)},
		"a name like a group": {grants: grant("http://example.com/AllUsers", full)},
		"no permission":       {grants: grant(all, "")},
		"ignored":             {block: ignoring(), grants: grant(all, full)},
		"ignored by account": {
			account: &controltypes.PublicAccessBlockConfiguration{IgnorePublicAcls: aws.Bool(true)}, grants: grant(all, full),
		},
		"blocked in all ways": {block: whole(), grants: grant(all, full), policy: everyone + reads, public: true},
		"ignored and restrict": {
			block: &types.PublicAccessBlockConfiguration{
				IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
			}, grants: grant(all, full), policy: everyone + writes, public: true,
		},
	}
}

func whole() *types.PublicAccessBlockConfiguration {
	return &types.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(true), IgnorePublicAcls: aws.Bool(true),
		BlockPublicPolicy: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
	}
}

// answers are those of AWS about the bucket.
func (s sight) answers() playbooktest.StandIn {
	none := func(code string) error { return &smithy.GenericAPIError{Code: code} }
	return playbooktest.StandIn{
		"GetPublicAccessBlock": func(in any) (any, error) {
			if _, account := in.(*s3control.GetPublicAccessBlockInput); account {
				if s.account == nil {
					return nil, none("NoSuchPublicAccessBlockConfiguration")
				}
				return &s3control.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: s.account}, nil
			}
			if s.block == nil {
				return nil, none("NoSuchPublicAccessBlockConfiguration")
			}
			return &s3.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: s.block}, nil
		},
		"GetBucketPolicy": func(any) (any, error) {
			if s.policy == "" {
				return nil, none("NoSuchBucketPolicy")
			}
			return &s3.GetBucketPolicyOutput{Policy: aws.String(policy(s.policy))}, nil
		},
		"GetBucketPolicyStatus": func(any) (any, error) {
			return &s3.GetBucketPolicyStatusOutput{PolicyStatus: &types.PolicyStatus{IsPublic: aws.Bool(s.public)}}, nil
		},
		"GetBucketAcl": func(any) (any, error) { return &s3.GetBucketAclOutput{Grants: s.grants}, nil },
	}
}

// A bucket that nobody outside reaches is left alone, whatever its block; one that anybody reaches is blocked whole.
func TestExposed(t *testing.T) {
	cases := byPolicy()
	maps.Copy(cases, withoutPublic())
	maps.Copy(cases, byACL())
	maps.Copy(cases, shut())
	for id, of := range map[string]func(sight) verdict{
		"S3.2": func(s sight) verdict { return s.read }, "S3.3": func(s sight) verdict { return s.write },
		"CloudTrail.6": func(s sight) verdict {
			if s.read == fails || s.write == fails {
				return fails
			}
			return max(s.read, s.write) // refused, where one of them is
		},
	} {
		c := playbooktest.Pick(t, playbook.PublicAccess(), id)
		env := playbooktest.Env(t, c, arnPrefix+"logs")
		for name, tc := range cases {
			t.Run(id+"/"+name, func(t *testing.T) {
				env := env
				tc.answers().AddTo(&env.Config)
				plan, err := c.Plan(t.Context(), env)
				if of(tc) == refused {
					playbooktest.Fails(t, err, fault.Refused, "policy")
					return
				}
				playbooktest.Done(t, err)
				if plan.Empty() != (of(tc) == passes) {
					t.Errorf("compliant: %v, changes:\n%s", plan.Empty(), plan)
				}
			})
		}
	}
}

// Names that us-east-1 gave until March 2018, and what is no bucket.
func TestPattern(t *testing.T) {
	long := ""
	for range 51 {
		long += "ab_.Z"
	}
	for _, c := range controls() {
		playbooktest.Accepts(t, c, map[string]string{
			arnPrefix + "logs":             "logs",
			arnPrefix + "www.example.com":  "www.example.com",
			arnPrefix + "My_Old.Bucket-":   "My_Old.Bucket-",
			arnPrefix + "___":              "___",
			arnPrefix + long:               long,
			"arn:aws-cn:s3:::logs":         "logs",
			"arn:aws-us-gov:s3:::logs":     "logs",
			"arn:aws-iso-b:s3:::logs":      "logs",
			arnPrefix + long + "x":         "",
			arnPrefix + "ab":               "",
			arnPrefix + "..":               "",
			arnPrefix + "logs/key":         "",
			arnPrefix + "log*":             "",
			arnPrefix + "lo gs":            "",
			"arn:aws:s3:us-east-1::logs":   "",
			"arn:aws:s3express:::logs--x-": "",
		})
	}
}

// S3.8 asks for all four flags of the bucket's own block, whatever the account's, and whatever the block is there for.
func TestEveryBlock(t *testing.T) {
	c := playbooktest.Pick(t, playbook.PublicAccess(), "S3.8")
	env := playbooktest.Env(t, c, arnPrefix+"logs")
	flag := []*bool{nil, aws.Bool(false), aws.Bool(true)}
	on := &controltypes.PublicAccessBlockConfiguration{
		BlockPublicAcls: flag[2], IgnorePublicAcls: flag[2], BlockPublicPolicy: flag[2], RestrictPublicBuckets: flag[2],
	}
	for i := range 3 * 3 * 3 * 3 {
		block := &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: flag[i%3], IgnorePublicAcls: flag[i/3%3],
			BlockPublicPolicy: flag[i/9%3], RestrictPublicBuckets: flag[i/27],
		}
		env := env
		sight{block: block, account: on}.answers().AddTo(&env.Config)
		plan := playbooktest.Got(c.Plan(t.Context(), env))(t)
		if plan.Empty() != (i == 80) {
			t.Errorf("%d is compliant: %v, changes:\n%s", i, plan.Empty(), plan)
		}
	}
}

// An endpoint of one's own is asked for the account's block by its own name, without the account in front of it.
func TestAccountBlockOfAnEndpoint(t *testing.T) {
	c := playbooktest.Pick(t, playbook.PublicAccess(), "S3.2")
	env := playbooktest.Env(t, c, arnPrefix+"logs")
	of := sight{grants: grant(all, types.PermissionRead)}
	answers := of.answers()
	delete(answers, "GetPublicAccessBlock")
	answers.AddTo(&env.Config)
	var asked []string
	env.Config.BaseEndpoint, env.Config.APIOptions = aws.String("http://127.0.0.1:1"), slices.DeleteFunc(
		slices.Clone(env.Config.APIOptions), func(f func(*middleware.Stack) error) bool {
			return reflect.ValueOf(f).Pointer() == reflect.ValueOf(lab.NoHostPrefix).Pointer()
		})
	env.Config.HTTPClient = smithyhttp.ClientDoFunc(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.URL.Host)
		text := "<Error><Code>NoSuchPublicAccessBlockConfiguration</Code></Error>"
		if strings.HasPrefix(r.URL.Path, "/v20180820/") {
			text = "<ErrorResponse>" + text + "</ErrorResponse>"
		}
		return &http.Response{StatusCode: http.StatusNotFound, Body: io.NopCloser(strings.NewReader(text))}, nil
	})
	playbooktest.Got(c.Plan(t.Context(), env))(t)
	if d := cmp.Diff([]string{"127.0.0.1:1", "127.0.0.1:1"}, asked); d != "" {
		t.Errorf("(-want +asked):\n%s", d)
	}
}
