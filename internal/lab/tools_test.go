package lab

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// TestEmptyBodiesHaveALength: a canned ACL stands in a header, and S3 refuses a body in chunks.
func TestEmptyBodiesHaveALength(t *testing.T) {
	client, name := fresh(t).S3(memberOne), "canned"
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	_, err := client.PutBucketAcl(t.Context(), &s3.PutBucketAclInput{Bucket: &name, ACL: types.BucketCannedACLPublicRead})
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.GetBucketAcl(t.Context(), &s3.GetBucketAclInput{Bucket: &name})
	if err != nil || len(out.Grants) != 2 {
		t.Errorf("grants %+v: %v", out, err)
	}
}

// TestPythonByARelativePath: the emulators run in a folder of their own.
func TestPythonByARelativePath(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.MkdirAll(filepath.Join("venv", "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join("venv", "bin", "python")
	if err := os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700); err != nil { //nolint:gosec // it has to be one
		t.Fatal(err)
	}
	for _, given := range []string{"venv/bin/python", "./venv/bin/python", filepath.Join(dir, "venv/bin/python")} {
		got, err := findPython(given)
		if want := filepath.Join(dir, "venv", "bin", "python"); err != nil || got != want {
			t.Errorf("%s is %q, want %q: %v", given, got, want, err)
		}
	}
	if _, err := findPython("venv/bin/missing"); err == nil {
		t.Error("a Python that is not there was found")
	}
}

// TestALabInAnotherRegion: everything the lab makes for itself is in the Region it was told.
func TestALabInAnotherRegion(t *testing.T) {
	l, err := Start(t.Context(), Options{Regions: []string{"eu-west-1", "us-east-1"}, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	if err := l.Upload(t.Context(), "key", []byte("text")); err != nil {
		t.Errorf("upload: %v", err)
	}
	client := s3.NewFromConfig(l.Config(memberOne, "eu-west-1"), PathStyle)
	_, err = client.CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket: aws.String("there"), CreateBucketConfiguration: &types.CreateBucketConfiguration{
			LocationConstraint: types.BucketLocationConstraintEuWest1,
		},
	})
	if err != nil {
		t.Errorf("make a bucket: %v", err)
	}
}
