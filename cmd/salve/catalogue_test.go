package main

import (
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/playbooks"
)

// fixed is the catalogue that scripts and tests of the command line know: controls of its own on real resources, so
// that a control more in the release changes nothing here. The standards' names, slugs and ARNs are AWS's.
func fixed() (c catalogue, err error) {
	if c.standards, err = playbooks.New(fixedStandards()); err != nil {
		return c, err
	}
	c.controls, err = control.NewRegistry(c.standards.Listing,
		bucketControl("Bucket.1"), bucketControl("Bucket.2"), bucketControl("Bucket.3"),
		keyControl(), passwordControl(), userControl(), policyControl(),
	)
	return c, err
}

// known is fixed for tests.
func known(t *testing.T) catalogue {
	t.Helper()
	names, err := fixed()
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func fixedStandards() []playbooks.Standard {
	list := func(key, name, version, slug string, entries ...playbooks.Entry) playbooks.Standard {
		return playbooks.Standard{
			Key: key, Name: name, Version: version, Slug: slug, StandardsID: "standards/" + slug,
			StandardsARN: "arn:aws:securityhub:{region}::standards/" + slug, GeneratorID: slug + "/{id}", Controls: entries,
		}
	}
	cis := "cis-aws-foundations-benchmark/v/"
	old := list("cis-1.2.0", "CIS AWS Foundations Benchmark", "1.2.0", cis+"1.2.0", entryOf("2.8", "Key.1"))
	old.StandardsID = "ruleset/" + old.Slug
	old.StandardsARN = "arn:aws:securityhub:::ruleset/" + old.Slug
	old.GeneratorID = old.StandardsARN + "/rule/{id}"
	return []playbooks.Standard{
		list("fsbp-1.0.0", "AWS Foundational Security Best Practices", "1.0.0",
			"aws-foundational-security-best-practices/v/1.0.0",
			entryOf("Bucket.1", "Bucket.1"), entryOf("Bucket.2", "Bucket.2"), entryOf("Bucket.3", "Bucket.3"),
			entryOf("Key.1", "Key.1"), packed(entryOf("Password.1", "Password.1")), entryOf("User.1", "User.1"),
			entryOf("Policy.1", "Policy.1"), entryOf("Root.1", "Root.1")),
		old,
		list("cis-5.0.0", "CIS AWS Foundations Benchmark", "5.0.0", cis+"5.0.0",
			entryOf("1.3", "Root.1"), entryOf("2.1.4", "Bucket.1"), entryOf("3.6", "Key.1")),
		list("pci-3.2.1", "PCI DSS", "3.2.1", "pci-dss/v/3.2.1", entryOf("PCI.Bucket.2", "Bucket.2")),
	}
}

// packed is an entry whose list recommends something.
func packed(e playbooks.Entry) playbooks.Entry {
	e.Mode, e.Params, e.After = playbooks.Auto, map[string]string{"length": "20"}, []string{"Bucket.1"}
	return e
}

// entryOf is a control under the name a standard gives it. Root.1 has no playbook.
func entryOf(id, name string) playbooks.Entry {
	of := map[string][3]string{
		"Bucket.1":   {"HIGH", "AwsS3Bucket", "Buckets should block public access"},
		"Bucket.2":   {"CRITICAL", "AwsS3Bucket", "Buckets should block public read access"},
		"Bucket.3":   {"CRITICAL", "AwsS3Bucket", "Buckets should block public write access"},
		"Key.1":      {"MEDIUM", "AwsKmsKey", "Keys should rotate"},
		"Password.1": {"MEDIUM", "AwsAccount", "Passwords should be long"},
		"User.1":     {"MEDIUM", "AwsAccount", "Unused users should have no password"},
		"Policy.1":   {"HIGH", "AwsAccount", "Policies should name nobody outside"},
		"Root.1":     {"CRITICAL", "AwsAccount", "The root user should have no access keys"},
	}[name]
	return playbooks.Entry{ID: id, Control: name, Severity: of[0], Resource: playbooks.Texts{of[1]}, Title: of[2]}
}
