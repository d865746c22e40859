// Every file of this folder, in the order of their names, is one function body: the prelude.
(function (host) {
'use strict';
