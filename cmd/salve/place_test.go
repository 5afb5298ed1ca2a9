package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
)

// TestPlace: what a resource's own name says of its place is neither ignored nor overruled.
func TestPlace(t *testing.T) {
	const group = "arn:aws:ec2:eu-west-1:222222222222:security-group/sg-1"
	tests := map[string]struct {
		resource, account, region string
		want                      control.Target // without the resource
		says                      string
	}{
		"the ARN's Region": {group, "222222222222", "", control.Target{Region: "eu-west-1"}, ""},
		"the same Region":  {group, "222222222222", "eu-west-1", control.Target{Region: "eu-west-1"}, ""},
		"another Region": {
			group, "222222222222", "us-east-1",
			control.Target{},
			"resource " + group + " is in Region eu-west-1, --region says us-east-1: leave out --region, " +
				"or name a resource of us-east-1",
		},
		"another account": {
			group, "333333333333", "",
			control.Target{},
			"resource " + group + " is in account 222222222222, --account says 333333333333: " +
				"give --account 222222222222, or name a resource of 333333333333",
		},
		"nothing said":       {"arn:aws:s3:::logs", "222222222222", "", control.Target{Region: "us-east-1"}, ""},
		"only the flag says": {"arn:aws:s3:::logs", "222222222222", "eu-west-1", control.Target{Region: "eu-west-1"}, ""},
		"a name":             {"analysis", "222222222222", "", control.Target{Region: "us-east-1"}, ""},
		"an account":         {"AWS::::Account:222222222222", "222222222222", "", control.Target{Region: "us-east-1"}, ""},
		"everybody's policy": {"arn:aws:iam::aws:policy/x", "222222222222", "", control.Target{Region: "us-east-1"}, ""},
		"another account itself": {
			"AWS::::Account:222222222222", "333333333333", "", control.Target{}, "give --account 222222222222",
		},
		"an account in China": {
			"AWS::::Account:222222222222", "222222222222", "cn-north-1",
			control.Target{Region: "cn-north-1", Partition: "aws-cn"},
			"",
		},
		"China": {
			"arn:aws-cn:s3:::logs", "222222222222", "cn-north-1",
			control.Target{Region: "cn-north-1", Partition: "aws-cn"},
			"",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := target{Resource: tc.resource, Account: tc.account, Region: tc.region}.place("us-east-1")
			if tc.says != "" {
				if fault.Of(err) != fault.Invalid || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("%v, want %q", err, tc.says)
				}
				return
			}
			tc.want.Account, tc.want.Resource = tc.account, tc.resource
			if tc.want.Partition == "" {
				tc.want.Partition = "aws"
			}
			if d := cmp.Diff(tc.want, got); d != "" || err != nil {
				t.Errorf("%v\n%s", err, d)
			}
		})
	}
}

// TestPlaceOfAnAccount: findings write an account in several ways, and runs in one. The names of resources stay, old
// ones too.
func TestPlaceOfAnAccount(t *testing.T) {
	const account = "222222222222"
	for resource, want := range map[string]string{
		account:                                    "AWS::::Account:" + account,
		"AWS::::Account:" + account:                "AWS::::Account:" + account,
		"arn:aws:iam::" + account + ":root":        "AWS::::Account:" + account,
		"arn:aws-us-gov:iam::" + account + ":root": "AWS::::Account:" + account,
		"arn:aws:iam::" + account + ":user/root":   "arn:aws:iam::" + account + ":user/root",
		"arn:aws:s3:::My_Old.Bucket-":              "arn:aws:s3:::My_Old.Bucket-",
	} {
		got, err := target{Resource: resource, Account: account}.place("us-east-1")
		if err != nil || got.Resource != want {
			t.Errorf("%s is %s, %v; want %s", resource, got.Resource, err, want)
		}
	}
}
