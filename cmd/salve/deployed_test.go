package main

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/salve-security/salve/internal/release"
)

// TestRollout plays the scripts of testdata/rollout, each in a lab of its own without Salve in it.
func TestRollout(t *testing.T) {
	where, err := filepath.Abs(schemas)
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/rollout", UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Cmds: map[string]command{"ends": ends, "pack": pack, "entrance": entrance, "inside": inside},
		Setup: func(e *testscript.Env) error {
			cache := filepath.Join(e.WorkDir, "cache")
			e.Setenv("XDG_CACHE_HOME", cache)
			e.Setenv("SALVE_LAB_PYTHON", python(t))
			e.Setenv("MEMBER", "222222222222")
			e.Setenv(schemasVariable, where)
			e.Defer(func() { salve(t, cache, "lab", "stop") }) // a script that fails leaves its lab running
			return nil
		},
	})
}

// pack writes the zip of a program for this machine that does nothing; another text makes it another one: pack FILE
// TEXT
func pack(ts *testscript.TestScript, _ bool, args []string) {
	machine := elf.EM_X86_64
	if runtime.GOARCH == "arm64" {
		machine = elf.EM_AARCH64
	}
	var program bytes.Buffer
	ts.Check(binary.Write(&program, binary.LittleEndian, elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT), Ehsize: 64,
	}))
	program.WriteString(args[1])
	zip, err := release.Zip(program.Bytes())
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), zip, 0o600))
}

// entrance makes a role in an account by which the hub may do anything there: entrance ACCOUNT ROLE EXTERNALID
func entrance(ts *testscript.TestScript, _ bool, args []string) {
	client := iam.NewFromConfig(root(ts, args[0]))
	_, err := client.CreateRole(context.Background(), &iam.CreateRoleInput{
		RoleName: &args[1], AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
			`"Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"sts:AssumeRole",` +
			`"Condition":{"StringEquals":{"sts:ExternalId":"` + args[2] + `"}}}]}`),
	})
	ts.Check(err)
	_, err = client.PutRolePolicy(context.Background(), &iam.PutRolePolicyInput{
		RoleName: &args[1], PolicyName: aws.String("all"), PolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`),
	})
	ts.Check(err)
}

// inside lets salve work in the script's lab from here on: inside
func inside(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Check(ts.Exec("salve", "lab", "env"))
	for line := range strings.SplitSeq(ts.ReadFile("stdout"), "\n") {
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		if !ok {
			continue
		}
		value, err := strconv.Unquote(value)
		ts.Check(err)
		ts.Setenv(name, value)
	}
}
