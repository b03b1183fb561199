// Lists tars as Go's archive/tar reads them. Standard input is a sequence of tars, each after its length in 8 bytes
// (big endian); standard output has one line of JSON for each: its regular files, and the error that ended it or "".
package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
)

type listing struct {
	Files [][2]string // name in hexadecimal, SHA-256 of the content
	Error string
}

func list(content []byte) listing {
	result := listing{Files: [][2]string{}}
	reader := tar.NewReader(bytes.NewReader(content))
	for {
		header, err := reader.Next()
		if err == io.EOF {
			return result
		}
		if err != nil {
			result.Error = err.Error()
			return result
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		digest := sha256.New()
		if _, err := io.Copy(digest, reader); err != nil {
			result.Error = err.Error()
			return result
		}
		name := hex.EncodeToString([]byte(header.Name))
		result.Files = append(result.Files, [2]string{name, hex.EncodeToString(digest.Sum(nil))})
	}
}

func main() {
	input, output := bufio.NewReader(os.Stdin), json.NewEncoder(os.Stdout)
	var size uint64
	for binary.Read(input, binary.BigEndian, &size) == nil {
		content := make([]byte, size)
		if _, err := io.ReadFull(input, content); err != nil {
			os.Exit(1)
		}
		if err := output.Encode(list(content)); err != nil {
			os.Exit(1)
		}
	}
}
