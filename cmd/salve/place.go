package main

import (
	"cmp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/names"
)

// accountResource begins the id of a resource that is an account itself.
const accountResource = "AWS::::Account:"

// place is where the resource is: where its own name says, else where the flags
// say, else in the Region given. A name that contradicts a flag is refused, for a
// plan of another account or Region would find nothing, or something else.
func (t target) place(region string) (control.Target, error) {
	name := located(t.Resource)
	t.Account = t.account()
	switch {
	case name.AccountID != "" && name.AccountID != t.Account:
		return control.Target{}, fault.New(fault.Invalid,
			"resource %s is in account %s, --account says %s: give --account %s, or name a resource of %s",
			t.Resource, name.AccountID, t.Account, name.AccountID, t.Account)
	case name.Region != "" && t.Region != "" && name.Region != t.Region:
		return control.Target{}, fault.New(fault.Invalid,
			"resource %s is in Region %s, --region says %s: leave out --region, or name a resource of %s",
			t.Resource, name.Region, t.Region, t.Region)
	case t.Region != "":
		region = t.Region
	case name.Region != "":
		region = name.Region
	}
	return control.Target{
		Account: t.Account, Region: region, Partition: cmp.Or(name.Partition, names.PartitionOf(region)),
		Resource: t.resource(),
	}, nil
}

// account is the one of the flag, else the one that the resource's own name says; "" where neither does.
func (t target) account() string { return cmp.Or(t.Account, located(t.Resource).AccountID) }

// resource is the resource's id as runs have it: findings write an account in several ways.
func (t target) resource() string {
	account := t.account()
	if t.Resource == account || strings.HasSuffix(t.Resource, ":iam::"+account+":root") {
		return accountResource + account
	}
	return t.Resource
}

// located is what the id of a resource says about its place, as far as it does: an
// ARN may leave out account and Region, a name says nothing.
func located(resource string) arn.ARN {
	said := arn.ARN{}
	if parsed, err := arn.Parse(resource); err == nil {
		said = parsed
	} else {
		said.AccountID = strings.TrimPrefix(resource, accountResource)
	}
	if accounts(said.AccountID) != nil {
		said.AccountID = "" // such as aws, whose policies everybody has
	}
	return said
}
